"""Decides whether a start is fast enough for the settings' health checks. Pure.

A task gets `service.health.startPeriod` seconds, in which failures of the container check do not count; the service's
grace period is the same. After that, ECS replaces a task whose load balancer check has failed `retries` times in a row.
Source: "healthCheckGracePeriodSeconds" in CreateService and "startPeriod" in HealthCheck, Amazon ECS API reference.
"""

from __future__ import annotations

import math

from check.result import Broken, Warned
from infra.settings.service import Health

LONGEST = 300
"""Seconds of the longest start period ("startPeriod" in HealthCheck, Amazon ECS API reference)."""
ROOM = 1.5
"""Factor by which the start period should exceed the start: a task on Fargate may have a slower processor."""


def judged(seconds: float, health: Health, path: str) -> str:
    """Return a remark on a start; empty when it is fast enough.

    Args:
        seconds: from the start until *path* answered.

    Raises:
        Broken: ECS would replace the task first.
        Warned: the margin is small.
    """
    period, counted = health.start_period, health.retries * health.interval
    took = f"{path} answered {seconds:.0f} s after the start, and service.health.startPeriod is {period} s"
    if seconds > max(period, counted):
        raise Broken(f"{took}: ECS replaces the task before it is ready", _fix(seconds))
    if seconds > period:
        raise Warned(
            f"{took}: only service.health.retries × interval ({counted} s) keep the task from being replaced",
            _fix(seconds),
        )
    if seconds * ROOM > period:
        raise Warned(f"{took}: a slower machine is too slow", _fix(seconds))
    return f"{period} s are allowed (service.health.startPeriod)"


def _fix(seconds: float) -> str:
    enough = math.ceil(seconds * ROOM / 10) * 10
    if enough > LONGEST:
        return (
            f"make the start shorter: service.health.startPeriod is at most {LONGEST} s; beyond it only"
            " service.health.retries and interval leave more time"
        )
    return f"set service.health.startPeriod to {enough} or more, or make the start shorter"
