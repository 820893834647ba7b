"""The service: how many tasks, how they are checked, how long a rollout may take."""

from __future__ import annotations

from math import ceil
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.health import Health
from infra.settings.model import Model, refused


class Service(Model):
    """The ECS service.

    min: tasks that always run. health: its checks. deadline: seconds until a rollout that has not completed has
    failed. drainSeconds: how long a request may still take when its task is to stop: the load balancer's
    deregistration delay, and with STOP_MARGIN the container's stop time-out.
    """

    min: Annotated[int, Field(ge=1, le=1000)] = 2
    health: Health = Field(default_factory=Health)
    deadline: Annotated[int, Field(ge=60, le=86_400)] = 1800
    drain_seconds: Annotated[int, Field(ge=1, le=115)] = 30

    @field_validator("deadline")
    @classmethod
    def _deadline(cls, deadline: int, info: ValidationInfo) -> int:
        tasks, health = info.data.get("min"), info.data.get("health")
        if tasks is None or health is None:
            return deadline
        failures = breaker_threshold(tasks)
        needed = failures * health.unhealthy_after()
        if deadline < needed:
            raise refused(
                f"the circuit breaker may need {needed} s to see a bad version: {failures} failed tasks × (start period"
                f" {health.start_period} s + {health.retries} retries × {health.interval} s); write at least {needed},"
                " or shorten service.health"
            )
        return deadline


def breaker_threshold(tasks: int) -> int:
    """Failed tasks in a row after which ECS' circuit breaker ends a deployment: half the tasks, from 3 to 200.

    Source: "How the Amazon ECS deployment circuit breaker detects failures" in the Amazon ECS developer guide.
    """
    return min(max(ceil(0.5 * tasks), 3), 200)
