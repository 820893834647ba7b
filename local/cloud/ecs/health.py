"""When a service's task counts as healthy, and when its checks have failed.

AWS, DeploymentConfiguration.minimumHealthyPercent (ECS API reference): with a load balancer the target must be healthy;
with neither load balancer nor container check, RUNNING for 40 seconds. `healthCheckGracePeriodSeconds` counts from the
task's start and hides failed checks; it sends no traffic.
"""

from __future__ import annotations

from local.cloud.elb.health import State

STEADY_SECONDS = 40.0


def healthy(running: bool, seconds_running: float, targets: list[State | None]) -> bool:
    """Whether the task counts as healthy.

    Args:
        running: lastStatus is RUNNING.
        seconds_running: since it became RUNNING.
        targets: the state of the task in each of the service's target groups; None where it is not registered.
    """
    if not running:
        return False
    if targets:
        return all(state is State.HEALTHY for state in targets)
    return seconds_running >= STEADY_SECONDS


def failed_checks(running: bool, seconds_running: float, grace: float, targets: list[State | None]) -> bool:
    """Whether the task has to be replaced for its checks."""
    return running and seconds_running > grace and any(state is State.UNHEALTHY for state in targets)
