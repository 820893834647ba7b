"""The records of a service's deployments: begun, completed, failed, rolled back.

AWS, Deployment (ECS API reference), "How the Amazon ECS deployment circuit breaker detects failures" (developer guide):
a rollback is a new PRIMARY deployment with the task definition of the newest COMPLETED one; the failed one stays in the
list while that is under way; a deployment without tasks is no longer listed. The breaker's texts are AWS's; those of an
alarm and of StopServiceDeployment are not documented and follow the same pattern. MiniStack calls a first deployment
COMPLETED at once and renames the old deployment where AWS starts a new one.
"""

from __future__ import annotations

import secrets
from typing import Any

from ministack.services import ecs

from emulator.cloud.ecs.service import alarms, deployment, events, service_deployments

_LINUX = "1.4.0"  # what LATEST is ("Linux platform versions", developer guide)
_CAUSES = {
    deployment.BREAKER: ("ECS deployment circuit breaker", "tasks failed to start"),
    deployment.ALARM: ("ECS deployment alarms", "alarm detected"),
    deployment.REQUEST: ("StopServiceDeployment", "stopped by request"),
}


def make(task_definition: str, desired: int, status: str = "PRIMARY", reason: str = "") -> dict[str, Any]:
    """A deployment that has just begun; its id is `ecs-svc/` and a number (API reference, Deployment)."""
    identity = f"ecs-svc/{10**18 + secrets.randbelow(9 * 10**18)}"
    now = ecs._iso()
    return {
        "id": identity,
        "status": status,
        "taskDefinition": task_definition,
        "desiredCount": desired,
        "runningCount": 0,
        "pendingCount": 0,
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": reason or f"ECS deployment {identity} in progress.",
    }


def begin(service: dict[str, Any]) -> None:
    """The service's newest deployment has just been made by CreateService or UpdateService."""
    newest = service["deployments"][0]
    if "_service_deployment" in newest:
        return
    version = service.get("platformVersion") or ""
    newest.update(
        rolloutStateReason=f"ECS deployment {newest['id']} in progress.",
        platformVersion=_LINUX if version in ("", "LATEST") else version,
        networkConfiguration=service.get("networkConfiguration") or {},
        _ignored_alarms=alarms.ignored(service),
        _load_balancers=service["loadBalancers"],
    )
    service_deployments.begin(service, newest)


def bake(service: dict[str, Any], identity: str, now: float) -> None:
    """Its bake time begins."""
    _named(service, identity)["_baking_since"] = now


def complete(service: dict[str, Any], identity: str) -> None:
    """The deployment has reached its steady state."""
    _named(service, identity).update(
        rolloutState="COMPLETED", rolloutStateReason=f"ECS deployment {identity} completed.", updatedAt=ecs._iso()
    )
    events.add(service, events.completed(identity))
    events.add(service, events.STEADY)


def fail(service: dict[str, Any], action: deployment.Fail) -> None:
    """The deployment has failed; where there is something to return to, that begins."""
    by, why = _CAUSES[action.cause]
    failed = _named(service, action.deployment)
    failed.update(
        rolloutState="FAILED",
        desiredCount=0,
        updatedAt=ecs._iso(),
        rolloutStateReason=f"{by}: {why}.",
        _failed_by=action.cause,
    )
    events.add(service, events.failed(action.deployment, why))
    if action.rollback_to is None:
        return
    before = _named(service, action.rollback_to)
    before["_returned_to"] = True
    failed["status"] = "ACTIVE"
    fresh = make(
        before["taskDefinition"],
        service["desiredCount"],
        reason=f"{by}: rolling back to deploymentId {action.rollback_to}.",
    )
    taken = (
        "launchType",
        "capacityProviderStrategy",
        "platformVersion",
        "networkConfiguration",
        "_load_balancers",
        "_resolved",
    )
    fresh.update({name: before[name] for name in taken if name in before}, _ignored_alarms=alarms.configured(service))
    service["deployments"].insert(0, fresh)
    service["taskDefinition"] = before["taskDefinition"]
    service["loadBalancers"] = before.get("_load_balancers", service["loadBalancers"])
    service_deployments.rolled_back(failed, fresh, before)
    events.add(service, events.rolling_back(action.rollback_to))


def listed(service: dict[str, Any], with_tasks: set[str]) -> None:
    """Drop the deployments that are no longer listed; `with_tasks`: those that still have some."""
    under_way = any(
        one["status"] == "PRIMARY" and one["rolloutState"] == "IN_PROGRESS" for one in service["deployments"]
    )
    # One without tasks is no longer listed, but a failed one stays while its rollback is under way.
    service["deployments"] = [
        one
        for one in service["deployments"]
        if one["status"] == "PRIMARY"
        or one["id"] in with_tasks
        or (under_way and one["rolloutState"] in ("FAILED", "COMPLETED"))
    ]


def seen(service: dict[str, Any]) -> tuple[deployment.Deployment, ...]:
    """The deployments as plain data, newest first."""
    return tuple(
        deployment.Deployment(
            one["id"],
            one["status"] == "PRIMARY",
            one["rolloutState"],
            int(one["failedTasks"]),
            bool(one.get("_returned_to")),
        )
        for one in service["deployments"]
    )


def breaker_threshold(service: dict[str, Any]) -> int:
    """Failed tasks that trip the service's circuit breaker."""
    breaker = (service.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
    custom = breaker.get("thresholdConfiguration") or {}
    kind, value = custom.get("type", "BOUNDED_PERCENT"), float(custom.get("value", 50))
    return deployment.threshold(int(service["desiredCount"]), kind, value)


def _named(service: dict[str, Any], identity: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in service["deployments"] if one["id"] == identity)
    return found
