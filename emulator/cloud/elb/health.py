"""When a target is healthy: the thresholds as a pure function.

AWS, "Health checks for your target groups" (ELB user guide): a newly registered target becomes healthy after ONE passed
check, whatever the healthy threshold; a healthy one becomes unhealthy after `UnhealthyThresholdCount` consecutive
failures; an unhealthy one needs `HealthyThresholdCount` consecutive passes. States and reason codes: API reference,
TargetHealth.
"""

from __future__ import annotations

import dataclasses
import enum


class State(enum.Enum):
    """A target's state as DescribeTargetHealth names it."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNUSED = "unused"
    DRAINING = "draining"


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """How many consecutive checks it takes to change between healthy and unhealthy."""

    healthy: int
    unhealthy: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One check: passed, or failed with AWS's reason code and its text."""

    passed: bool
    reason: str = ""
    description: str = ""


@dataclasses.dataclass(frozen=True)
class Health:
    """A target's health: its state, why, and how many checks in a row passed or failed."""

    state: State
    reason: str = ""
    description: str = ""
    passes: int = 0
    failures: int = 0


REGISTERING = Health(State.INITIAL, "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING = Health(State.INITIAL, "Elb.InitialHealthChecking", "Initial health checks in progress")
UNUSED = Health(
    State.UNUSED, "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
DRAINING = Health(State.DRAINING, "Target.DeregistrationInProgress", "Target deregistration is in progress")


def observe(health: Health, outcome: Outcome, thresholds: Thresholds) -> Health:
    """The health after one more check."""
    if outcome.passed:
        passes = health.passes + 1
        if health.state in (State.INITIAL, State.HEALTHY) or passes >= thresholds.healthy:
            return Health(State.HEALTHY, passes=passes)
        return dataclasses.replace(health, passes=passes, failures=0)
    failures = health.failures + 1
    if health.state is State.UNHEALTHY or failures >= thresholds.unhealthy:
        return Health(State.UNHEALTHY, outcome.reason, outcome.description, failures=failures)
    return dataclasses.replace(health, passes=0, failures=failures)


def matches(status: int, matcher: str) -> bool:
    """Whether an HTTP status is in a matcher such as `200`, `200,202` or `200-299` (API reference, Matcher)."""
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


def routable(states: list[State]) -> list[int]:
    """Indices of the targets that may receive a request.

    AWS, same page: only healthy targets receive requests; when a group has only unhealthy ones, all of them do
    (fail-open). Targets still `initial` never do, and neither do draining ones; whether `initial` ones hold fail-open
    back is not documented: here they do not.
    """
    healthy = [index for index, state in enumerate(states) if state is State.HEALTHY]
    if healthy:
        return healthy
    return [index for index, state in enumerate(states) if state is State.UNHEALTHY]
