"""One container of a task, as JSON for ECS.

Every field with an AWS default is set explicitly, and lists are sorted, so AWS returns exactly what was sent and no
update shows a false difference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from components.tasks.isolation import Isolation

LogMode = Literal["blocking", "non-blocking"]


@dataclass(frozen=True)
class HealthCheck:
    """The container's health check; fields, seconds and counts as in ECS's HealthCheck."""

    command: Sequence[str]
    start_period: int
    interval: int
    timeout: int
    retries: int


@dataclass(frozen=True)
class Container:
    """The part of a container that is known before the deployment.

    Attributes:
        name: unique in the task.
        log_mode: `blocking` loses no line but halts the program while CloudWatch Logs does not answer; `non-blocking`
            never halts it but may lose lines.
        stop_timeout: seconds from SIGTERM to SIGKILL; Fargate allows 2 to 120.
        port: TCP port that it listens on; None for no server.
        health: the container's health check; None for none.
        entry_point: replaces the image's ENTRYPOINT; empty: the image's.
        isolation: its file system, user and capabilities.
    """

    name: str
    log_mode: LogMode
    stop_timeout: int
    port: int | None = None
    health: HealthCheck | None = None
    entry_point: Sequence[str] = ()
    isolation: Isolation = field(default_factory=Isolation)


def definition(
    container: Container,
    *,
    image: str,
    environment: Mapping[str, str],
    secrets: Mapping[str, str],
    log_group: str,
    region: str,
) -> dict[str, Any]:
    """Return a ContainerDefinition of the Amazon ECS API. The log's stream is NAME/NAME/TASK-ID.

    Args:
        image: by digest.
        environment: values by name.
        secrets: `valueFrom` by name.
        log_group: its name.
        region: of the log group.
    """
    definition: dict[str, Any] = {
        "name": container.name,
        "image": image,
        "essential": True,
        "cpu": 0,
        "environment": [{"name": name, "value": environment[name]} for name in sorted(environment)],
        "secrets": [{"name": name, "valueFrom": secrets[name]} for name in sorted(secrets)],
        "portMappings": _ports(container.port),
        "volumesFrom": [],
        "systemControls": [],
        "stopTimeout": container.stop_timeout,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": region,
                "awslogs-stream-prefix": container.name,
                "mode": container.log_mode,
            },
        },
        **container.isolation.members(),
    }
    if container.entry_point:
        definition["entryPoint"] = list(container.entry_point)
    if container.health is not None:
        definition["healthCheck"] = {
            "command": list(container.health.command),
            "interval": container.health.interval,
            "timeout": container.health.timeout,
            "retries": container.health.retries,
            "startPeriod": container.health.start_period,
        }
    return definition


def rendered(definition: Mapping[str, Any]) -> str:
    """Return a task definition's containerDefinitions with this one container; equal content gives equal text."""
    return json.dumps([definition], sort_keys=True)


def _ports(port: int | None) -> list[dict[str, Any]]:
    # In awsvpc mode the task has its own network interface, so the host port is the container port.
    return [] if port is None else [{"containerPort": port, "hostPort": port, "protocol": "tcp"}]
