"""When a service's task counts as healthy, and when its checks have failed.

AWS, DeploymentConfiguration.minimumHealthyPercent (ECS API reference): with a load balancer and a container check both
must be healthy; with one of them, that one; with neither, the task must be RUNNING for 40 seconds.
`healthCheckGracePeriodSeconds` counts from the task's start and hides failed checks of both kinds; it sends no traffic.
stoppedReason: "Stopped tasks error messages" (developer guide).
"""

from __future__ import annotations

import dataclasses

from emulator.cloud.ecs.containers.container_health import HEALTHY, UNHEALTHY
from emulator.cloud.elb.health import State

STEADY_SECONDS = 40.0


@dataclasses.dataclass(frozen=True)
class Checked:
    """What is known of one task.

    Attributes:
        running: lastStatus is RUNNING.
        seconds: since it became RUNNING.
        targets: target group and state of the task in each of the service's groups; None where it is not registered.
        container: the task's healthStatus; None when no essential container has a check.
    """

    running: bool
    seconds: float
    targets: tuple[tuple[str, State | None], ...] = ()
    container: str | None = None


def healthy(task: Checked, steady: float = STEADY_SECONDS) -> bool:
    """Whether the task counts as healthy. `steady`: how long it has to run where nothing checks it, in seconds."""
    if not task.running:
        return False
    if not task.targets and task.container is None:
        return task.seconds >= steady
    return task.container in (None, HEALTHY) and all(state is State.HEALTHY for _, state in task.targets)


def failed_checks(task: Checked, grace: float) -> str:
    """Why the task has to be replaced, as its stoppedReason; empty when it has not."""
    if not task.running or task.seconds <= grace:
        return ""
    if task.container == UNHEALTHY:
        return "Task failed container health checks"
    for group, state in task.targets:
        if state is State.UNHEALTHY:
            return f"Task failed ELB health checks in (target-group {group})"
    return ""
