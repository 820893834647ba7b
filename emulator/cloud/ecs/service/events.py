"""The service's events, in AWS's words.

AWS, "Service event messages" (ECS developer guide) and Service.events (API reference): newest first, at most 100, each
beginning with the service's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ministack.services import ecs

KEPT = 100
STEADY = "has reached a steady state."
STUCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. "
    "Update the minimumHealthyPercent or maximumPercent value and try again."
)
INCONSISTENT = (
    "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the "
    "Amazon ECS Developer Guide."
)


def add(service: dict[str, Any], message: str) -> None:
    """Add one event."""
    service["events"].insert(
        0, {"id": ecs.new_uuid(), "createdAt": ecs._iso(), "message": f"(service {service['serviceName']}) {message}"}
    )
    del service["events"][KEPT:]


def once(service: dict[str, Any], deployment: dict[str, Any], message: str) -> None:
    """Add an event that a deployment is told of once."""
    told = deployment.setdefault("_told", set())
    if message not in told:
        told.add(message)
        add(service, message)


def started(tasks: Iterable[str]) -> str:
    """Tasks were started; `tasks`: their ARNs."""
    named = [name(one) for one in tasks]
    return f"has started {len(named)} tasks: {' '.join(f'(task {one})' for one in named)}."


def stopped(task: str) -> str:
    """A task was told to stop."""
    return f"has stopped 1 running tasks: (task {name(task)})."


def draining() -> str:
    """A task leaves its target groups."""
    return "has begun draining connections on 1 tasks."


def registered(group: str) -> str:
    """A task became a target."""
    return f"registered 1 targets in (target-group {group})"


def deregistered(group: str) -> str:
    """A task is a target no more."""
    return f"deregistered 1 targets in (target-group {group})"


def unhealthy(task: str, port: int, group: str, description: str) -> str:
    """A target's checks failed."""
    return f"(task {name(task)}) (port {port}) is unhealthy in (target-group {group}) due to (reason {description})."


def failed_container_checks(task: str) -> str:
    """A container's checks failed."""
    return f"(task {name(task)}) failed container health checks."


def completed(deployment: str) -> str:
    """A deployment is COMPLETED."""
    return f"(deployment {deployment}) deployment completed."


def failed(deployment: str, why: str) -> str:
    """A deployment is FAILED."""
    return f"(deployment {deployment}) deployment failed: {why}."


def rolling_back(deployment: str) -> str:
    """A rollback begins."""
    return f"rolling back to deployment {deployment}."


def name(arn: str) -> str:
    """The last part of an ARN."""
    return arn.rsplit("/", 1)[-1]
