"""Whether a start is quick enough for the settings' health checks. Pure.

A task gets `service.health.startPeriod` seconds: the container check does not count failures in them, and the service's
grace period is the same. Later ECS replaces a task whose load balancer check has failed `retries` times in a row.
Source: "healthCheckGracePeriodSeconds" in CreateService and "startPeriod" in HealthCheck, Amazon ECS API reference.
"""

from __future__ import annotations

import math

from check.result import Broken, Warned
from infra.settings.service import Health

LONGEST = 300
"""Seconds of the longest start period ("startPeriod" in HealthCheck, Amazon ECS API reference)."""
ROOM = 1.5
"""A start period should be so many times as long as the start: a task on Fargate may have a slower processor."""


def judged(seconds: float, health: Health, path: str) -> str:
    """A remark on a start that took so many seconds until *path* answered; empty when there is room.

    Raises Broken when ECS would replace the task first, Warned when there is little room.
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
