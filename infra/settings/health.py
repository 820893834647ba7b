"""How a task proves that it is alive."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.model import Model, refused


class Health(Model):
    """Times and counts of the checks; the ranges are those that both the load balancer and the container check accept.

    Sources: HealthCheck of the Amazon ECS API reference, CreateTargetGroup of the Elastic Load Balancing API reference.
    """

    start_period: Annotated[int, Field(ge=0, le=300)] = 90
    """Seconds after a task's start in which failed checks do not count."""
    interval: Annotated[int, Field(ge=5, le=300)] = 30
    """Seconds between two checks."""
    timeout: Annotated[int, Field(ge=2, le=60)] = 10
    """Seconds for one answer; shorter than `interval`."""
    retries: Annotated[int, Field(ge=2, le=10)] = 5
    """Failed checks in a row that make a task unhealthy."""
    command: list[str] | None = None
    """An additional check inside the container, in ECS' form: `[CMD, program, …]` or `[CMD-SHELL, line]`. The program
    must be in the image, whose own HEALTHCHECK ECS ignores."""

    @field_validator("timeout")
    @classmethod
    def _timeout(cls, timeout: int, info: ValidationInfo) -> int:
        interval = info.data.get("interval")
        if interval is not None and timeout >= interval:
            raise refused(f"must be shorter than the interval of {interval} s")
        return timeout

    @field_validator("command")
    @classmethod
    def _command(cls, command: list[str] | None) -> list[str] | None:
        if command is not None and (len(command) < 2 or command[0] not in {"CMD", "CMD-SHELL"}):
            raise refused("must start with CMD or CMD-SHELL and go on with what to run, like [CMD, /app/healthy]")
        return command

    def unhealthy_after(self) -> int:
        """Seconds from a task's start until it is surely replaced, when no check ever passes."""
        return self.start_period + self.retries * self.interval
