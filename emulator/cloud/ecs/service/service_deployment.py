"""The status words of a service deployment, as pure functions.

AWS, "View service history using Amazon ECS service deployments" (developer guide), ServiceDeployment (API reference):
a rollback belongs to the service deployment that it undoes; success is SUCCESSFUL here where deployments[] say
COMPLETED; STOPPED is one that failed, or was replaced by a newer one, without a rollback.
"""

from __future__ import annotations

import dataclasses

ONGOING = ("PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")
_ROLLBACK = {"IN_PROGRESS": "ROLLBACK_IN_PROGRESS", "COMPLETED": "ROLLBACK_SUCCESSFUL", "FAILED": "ROLLBACK_FAILED"}


@dataclasses.dataclass(frozen=True)
class Part:
    """One of the entries of deployments[] that a service deployment is made of."""

    rollout: str
    primary: bool
    begun: bool = True


def status(own: Part, rollback: Part | None) -> str:
    """The status of a service deployment.

    Args:
        own: the deployment it was begun with; `begun`: it has started a task or stopped one.
        rollback: the deployment that undoes it.
    """
    if rollback is not None:
        if rollback.rollout == "IN_PROGRESS" and not rollback.primary:
            return "ROLLBACK_FAILED"
        return _ROLLBACK[rollback.rollout]
    if own.rollout == "COMPLETED":
        return "SUCCESSFUL"
    if own.rollout == "FAILED" or not own.primary:
        return "STOPPED"
    return "IN_PROGRESS" if own.begun else "PENDING"


def monitor(enabled: bool, triggered: bool, status: str) -> str:
    """What a circuit breaker or the alarms do (ServiceDeploymentRollbackMonitorsStatus)."""
    if not enabled:
        return "DISABLED"
    if triggered:
        return "TRIGGERED"
    return "MONITORING" if status in ONGOING else "MONITORING_COMPLETE"
