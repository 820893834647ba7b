"""The service: how many tasks, how they are checked, how long a rollout may take."""

from __future__ import annotations

from math import ceil
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.health import Health
from infra.settings.model import Model, refused

STOP_TIMEOUT = 120
"""Seconds that Fargate lets a container take to stop, at most (ContainerDefinition in the Amazon ECS API reference)."""

STOP_MARGIN = 5
"""Seconds of them that a container gets after its last request to close what it holds."""


class Service(Model):
    """The ECS service and its rollouts."""

    min: Annotated[int, Field(ge=1, le=1000)] = 2
    """Tasks that always run."""
    max: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Tasks that autoscaling may start, `min` of them included; unset: always `min`, nothing is scaled."""
    target_cpu: Annotated[int, Field(ge=10, le=90)] = 60
    """Percentage of CPU that autoscaling keeps the tasks at, on average."""
    target_requests: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """Requests a minute and task that autoscaling keeps them at; unset: it looks at CPU alone."""
    health: Health = Field(default_factory=Health)
    """The checks of its tasks."""
    circuit_breaker: bool = True
    """Whether ECS itself ends a deployment whose tasks keep failing and goes back. Without it the gate goes back, at
    the deadline."""
    drain_seconds: Annotated[int, Field(ge=1)] = 30
    """How long a request may still take when its task is to stop: the load balancer's deregistration delay and, with 5
    s more, the container's stop time-out."""
    deadline: Annotated[int, Field(ge=60, le=86_400)] = 1800
    """Seconds until a rollout that has not completed has failed."""

    @field_validator("max")
    @classmethod
    def _max(cls, most: int | None, info: ValidationInfo) -> int | None:
        least = info.data.get("min")
        if most is not None and least is not None and most < least:
            raise refused(f"is less than service.min ({least}); write at least that, or leave it out")
        return most

    @field_validator("target_requests")
    @classmethod
    def _target_requests(cls, requests: int | None, info: ValidationInfo) -> int | None:
        if requests is not None and "max" in info.data and (info.data["max"] or 0) <= info.data.get("min", 0):
            raise refused("is never looked at while service.max is not above service.min; remove it or raise max")
        return requests

    @field_validator("drain_seconds")
    @classmethod
    def _drain_seconds(cls, seconds: int) -> int:
        if seconds > STOP_TIMEOUT - STOP_MARGIN:
            raise refused(
                f"with {STOP_MARGIN} s more it is the container's stop time-out, which Fargate limits to"
                f" {STOP_TIMEOUT} s; write at most {STOP_TIMEOUT - STOP_MARGIN}"
            )
        return seconds

    @field_validator("deadline")
    @classmethod
    def _deadline(cls, deadline: int, info: ValidationInfo) -> int:
        tasks = info.data.get("max") or info.data.get("min")  # autoscaling may have started all of them
        health, drain = (info.data.get(key) for key in ("health", "drain_seconds"))
        if tasks is None or health is None or drain is None:
            return deadline
        times = f"start period {health.start_period} s + {health.retries} retries × {health.interval} s"
        if not info.data.get("circuit_breaker", True):
            needed = health.unhealthy_after() + drain
            if deadline < needed:
                raise refused(
                    f"a healthy version may need {needed} s: {times} + {drain} s of draining; write at least {needed},"
                    " or shorten service.health"
                )
            return deadline
        failures = breaker_threshold(tasks)
        needed = failures * health.unhealthy_after()
        if deadline < needed:
            raise refused(
                f"the circuit breaker may need {needed} s to see a bad version: {failures} failed tasks × ({times});"
                f" write at least {needed}, or shorten service.health"
            )
        return deadline

    @property
    def scales(self) -> bool:
        """Whether autoscaling decides how many tasks there are."""
        return (self.max or self.min) > self.min

    @property
    def stop_timeout(self) -> int:
        """Seconds from SIGTERM to SIGKILL: the last request may end, and the container may close what it holds."""
        return self.drain_seconds + STOP_MARGIN


def breaker_threshold(tasks: int) -> int:
    """Failed tasks in a row after which ECS' circuit breaker ends a deployment: half the tasks, from 3 to 200.

    Source: "How the Amazon ECS deployment circuit breaker detects failures" in the Amazon ECS developer guide.
    """
    return min(max(ceil(0.5 * tasks), 3), 200)
