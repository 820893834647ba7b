"""When a container is HEALTHY or UNHEALTHY, and what that makes its task: the rules as pure functions.

AWS, HealthCheck (ECS API reference): `interval` 5-300 s (30), `timeout` 2-60 s (5), `retries` 1-10 (3), `startPeriod`
0-300 s (off). A failure inside the start period does not count; a success makes the container HEALTHY at once, also
inside it, and later failures count. `retries` consecutive failures make it UNHEALTHY. A container without a check stays
UNKNOWN for ever. Task.healthStatus: the worst of the essential containers, UNHEALTHY before UNKNOWN before HEALTHY.

AWS runs the first check one interval after the start. While a container is UNKNOWN it is asked more often here, so that
one that is ready is seen at once; a failure counts once per interval only, as it would in AWS.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from emulator.cloud.settings import shortened

EAGER_SECONDS = 0.5
HEALTHY, UNHEALTHY, UNKNOWN = "HEALTHY", "UNHEALTHY", "UNKNOWN"
_RANGES = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}


@dataclasses.dataclass(frozen=True)
class Check:
    """A container definition's healthCheck, with AWS's defaults; times in seconds."""

    command: tuple[str, ...]
    interval: float = 30.0
    timeout: float = 5.0
    retries: int = 3
    start_period: float = 0.0


@dataclasses.dataclass(frozen=True)
class Health:
    """A container's health, and how many checks in a row failed and counted."""

    status: str = UNKNOWN
    failures: int = 0


def of(container: dict[str, Any]) -> Check | None:
    """The check of a container definition; None when it has none (`["NONE"]` says so too)."""
    given = container.get("healthCheck") or {}
    command = tuple(given.get("command") or ())
    if not command or command[0] == "NONE":
        return None
    return Check(
        command,
        float(given.get("interval") or Check.interval),
        float(given.get("timeout") or Check.timeout),
        int(given.get("retries") or Check.retries),
        float(given.get("startPeriod") or 0),
    )


def program(check: Check) -> list[str]:
    """What is executed inside the container: CMD's words, or CMD-SHELL's text by its shell."""
    if check.command[0] == "CMD":
        return list(check.command[1:])
    if check.command[0] == "CMD-SHELL":
        return ["/bin/sh", "-c", " ".join(check.command[1:])]
    return list(check.command)


def observe(health: Health, passed: bool, check: Check, age: float) -> Health:
    """The health after one more check that counts; `age`: seconds since the container's start, as of the check."""
    if passed:
        return Health(HEALTHY)
    if health.status == UNKNOWN and age < check.start_period:
        return Health(UNKNOWN)
    failures = health.failures + 1
    if health.status == UNHEALTHY or failures >= check.retries:
        return Health(UNHEALTHY, failures)
    return Health(health.status, failures)


def watch(
    check: Check,
    passes: Callable[[], bool],
    report: Callable[[str], None],
    clock: Callable[[], float],
    wait: Callable[[float], bool],
) -> None:
    """Check one container until `wait` says that it is over.

    Args:
        check: with AWS's own numbers; they are shortened here.
        passes: runs the command once.
        report: told of each change of the container's health.
        clock: monotonic seconds.
        wait: waits that many seconds; true when the container is on its way out.
    """
    here = Check(check.command, shortened(check.interval), check.timeout, check.retries, shortened(check.start_period))
    began = counted = clock()
    health = Health()
    while not wait(min(EAGER_SECONDS, here.interval) if health.status == UNKNOWN else here.interval):
        passed, now = passes(), clock()
        if not passed and health.status == UNKNOWN and now - counted < here.interval:
            continue
        counted = now
        before, health = health.status, observe(health, passed, here, now - began)
        if health.status != before:
            report(health.status)


def worst(essential: Sequence[str]) -> str:
    """The task's health, from its essential containers'."""
    for status in (UNHEALTHY, UNKNOWN):
        if status in essential:
            return status
    return HEALTHY if essential else UNKNOWN


def refusal(container: dict[str, Any]) -> str | None:
    """Why RegisterTaskDefinition refuses the check, or None."""
    given = container.get("healthCheck")
    if given is None:
        return None
    command = given.get("command") or []
    if not command or command[0] not in ("CMD", "CMD-SHELL", "NONE"):
        return "Container.healthCheck.command must start with CMD, CMD-SHELL or NONE."
    for name, (least, most) in _RANGES.items():
        value = given.get(name)
        if value is not None and not least <= value <= most:
            return f"Container.healthCheck.{name} must be between {least} and {most}; it is {value}."
    return None
