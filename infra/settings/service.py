"""The ECS service: its cluster, its tasks and their health checks, and how long a rollout may take."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.strategy import ONLY_STEPS, Analysis, Approve, Kind, Proof, Shift
from infra.settings.values.arns import is_arn
from infra.settings.values.environment import PROTECTED, Environment
from infra.settings.values.model import Model, hidden, refused

STOP_TIMEOUT = 120
"""Longest stop timeout of a container on Fargate, in seconds (ContainerDefinition in the Amazon ECS API reference)."""

STOP_MARGIN = 5
"""Seconds that a container has after its last request to close connections and files before SIGKILL."""

Insights: TypeAlias = Literal["disabled", "enabled", "enhanced"]


class Health(Model):
    """Times and counts of the health checks. The ranges are accepted by both the load balancer and the container check.

    Sources: HealthCheck in the Amazon ECS API reference, CreateTargetGroup in the Elastic Load Balancing API reference.
    """

    start_period: Annotated[int, Field(ge=0, le=300)] = 90
    """Seconds after a task starts during which failed checks do not count."""
    interval: Annotated[int, Field(ge=5, le=300)] = 30
    """Seconds between two checks."""
    timeout: Annotated[int, Field(ge=2, le=60)] = 10
    """Seconds until a check without an answer fails; less than `interval`."""
    retries: Annotated[int, Field(ge=2, le=10)] = 5
    """Failed checks in a row that make a task unhealthy."""
    command: list[str] | None = None
    """An additional check inside the container, as ECS takes it: `[CMD, program, …]` or `[CMD-SHELL, line]`. The
    program must be in the image. ECS ignores the image's HEALTHCHECK."""

    @field_validator("timeout")
    @classmethod
    def _check_timeout(cls, timeout: int, info: ValidationInfo) -> int:
        interval = info.data.get("interval")
        if interval is not None and timeout >= interval:
            raise refused(f"must be less than service.health.interval ({interval} s)")
        return timeout

    @field_validator("command")
    @classmethod
    def _check_command(cls, command: list[str] | None) -> list[str] | None:
        if command is not None and (len(command) < 2 or command[0] not in {"CMD", "CMD-SHELL"}):
            raise refused("must be CMD or CMD-SHELL and then the command, like [CMD, /app/healthy]")
        return command

    def unhealthy_after(self) -> int:
        """Seconds from the start of a task to its replacement, when no check passes."""
        return self.start_period + self.retries * self.interval


class Service(Model):
    """The ECS service and its rollouts."""

    min: Annotated[int, Field(ge=1, le=1000)] = 2
    """Number of tasks that always run."""
    max: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Most tasks that autoscaling may run. Unset: no autoscaling, `min` tasks run."""
    target_cpu: Annotated[int, Field(ge=10, le=90)] = 60
    """Average CPU utilization that autoscaling aims for, in percent."""
    target_requests: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """Requests per minute and task that autoscaling aims for. Unset: it scales on CPU alone."""
    health: Health = Field(default_factory=Health)
    """Health checks of the tasks."""
    circuit_breaker: bool = True
    """Whether the ECS circuit breaker stops a deployment whose tasks keep failing and rolls it back. Without it, the
    gate rolls back at the `deadline`."""
    drain_seconds: Annotated[int, Field(ge=1)] = 30
    """Seconds that a running request has to finish when its task stops. This is the load balancer's deregistration
    delay; the container's stop timeout is 5 s longer."""
    strategy: Kind = "rolling"
    """How a new version gets the users' requests. `rolling`: task by task. The others start it beside the old version,
    prove it on test traffic, and only then shift users to it: `blueGreen` all at once, `canary` a share first, `linear`
    share by share. They take twice the tasks during a deployment. See docs/strategies.md, also for how to change it."""
    alternate_group: bool = False
    """With `strategy: rolling`: whether the second target group, its listener rules and the role of ECS are there. This
    is the first of the two steps from rolling to another strategy, and the last but one on the way back."""
    bake_minutes: Annotated[int, Field(ge=0, le=1440)] | None = None
    """Minutes that old and new tasks both run after all users were shifted; until then ECS rolls back at once. Not with
    rolling. Unset: 5."""
    step_percent: Annotated[float, Field(ge=0.1, le=99.9)] | None = None
    """Percentage of users of the first step (`canary`) or of each step (`linear`), with at most one decimal. Unset:
    10."""
    step_minutes: Annotated[int, Field(ge=0, le=1440)] | None = None
    """Minutes between two steps of `canary` and `linear`. Unset: 5."""
    pause_minutes: Annotated[int, Field(ge=1, le=20_160)] | None = None
    """Minutes that ECS waits for the gate, or for a person with `approve: manual`, before it rolls back. Not with
    rolling. Unset: 60."""
    approve: Approve | None = None
    """Who lets a proven version go on: `automatic`, the gate; `manual`, a person by `sluice continue` or `sluice
    abort`. Not with rolling. Unset: automatic."""
    guard: bool | None = None
    """Whether every deployment pauses before any task starts, so that one that the gate did not start is rolled back.
    Not with rolling. Unset: false."""
    proof: Proof | None = None
    """A command of the image that asks the new version on test traffic. Not with rolling."""
    analysis: Analysis | None = None
    """Limits of each step of `canary` and `linear`."""
    deadline: Annotated[int, Field(ge=60, le=86_400)] = 1800
    """Seconds until a rollout that is not complete has failed."""

    @field_validator("max")
    @classmethod
    def _check_max(cls, most: int | None, info: ValidationInfo) -> int | None:
        least = info.data.get("min")
        if most is not None and least is not None and most < least:
            raise refused(f"is less than service.min ({least}); write at least {least}, or remove it")
        return most

    @field_validator("target_requests")
    @classmethod
    def _check_target_requests(cls, requests: int | None, info: ValidationInfo) -> int | None:
        if requests is not None and "max" in info.data and (info.data["max"] or 0) <= info.data.get("min", 0):
            raise refused("has no effect while service.max is not above service.min; remove it, or raise service.max")
        return requests

    @field_validator("drain_seconds")
    @classmethod
    def _check_drain_seconds(cls, seconds: int) -> int:
        longest = STOP_TIMEOUT - STOP_MARGIN
        if seconds > longest:
            raise refused(
                f"plus {STOP_MARGIN} s is the container's stop timeout, which Fargate limits to {STOP_TIMEOUT} s;"
                f" write at most {longest}"
            )
        return seconds

    @field_validator("strategy")
    @classmethod
    def _check_strategy(cls, strategy: Kind, info: ValidationInfo) -> Kind:
        if strategy != "rolling" and info.data.get("target_requests") is not None:
            raise refused(
                "does not go with service.targetRequests: AWS scales on requests per target with rolling alone; remove"
                " that and scale on service.targetCpu"
            )
        return strategy

    @field_validator(
        "bake_minutes",
        "step_percent",
        "step_minutes",
        "pause_minutes",
        "approve",
        "guard",
        "proof",
        "analysis",
    )
    @classmethod
    def _check_of_strategy(cls, value: Any, info: ValidationInfo) -> Any:
        strategy = info.data.get("strategy")
        if value is None or strategy is None:
            return value
        if strategy == "rolling":
            raise hidden(
                "has no effect with service.strategy rolling; remove it, or write blueGreen, canary or linear there"
            )
        if strategy == "blueGreen" and info.field_name in ONLY_STEPS:
            raise hidden("has no effect with service.strategy blueGreen, which has no steps; remove it")
        return value

    @field_validator("step_percent")
    @classmethod
    def _check_step_percent(cls, percent: float | None) -> float | None:
        if percent is not None and round(percent, 1) != percent:
            raise refused(f"has more than one decimal, which ECS does not take; write {round(percent, 1)}")
        return percent

    @field_validator("deadline")
    @classmethod
    def _check_deadline(cls, deadline: int, info: ValidationInfo) -> int:
        # Autoscaling may run `max` tasks when a rollout starts.
        tasks = info.data.get("max") or info.data.get("min")
        health, drain = (info.data.get(key) for key in ("health", "drain_seconds"))
        if tasks is None or health is None or drain is None:
            return deadline
        times = f"start period {health.start_period} s + {health.retries} retries × {health.interval} s"
        if info.data.get("circuit_breaker", True):
            failures = breaker_threshold(tasks)
            needed = failures * health.unhealthy_after()
            reason = (
                f"the circuit breaker can take {needed} s to stop a bad version: {failures} failed tasks × ({times})"
            )
        else:
            needed = health.unhealthy_after() + drain
            reason = f"a healthy version can take up to {needed} s: {times} + {drain} s of draining"
        if deadline < needed:
            raise refused(f"{reason}; write at least {needed}, or shorten service.health")
        return cls._lasting(deadline, health, info.data)

    @staticmethod
    def _lasting(deadline: int, health: Health, data: dict[str, Any]) -> int:
        """Refuses a deadline that a good version of a strategy with pauses could not keep."""
        kind = data.get("strategy", "rolling")
        if kind == "rolling" or not {*Shift.__dataclass_fields__} <= data.keys():
            return deadline
        needed, parts = Shift.of(data).needed(kind, health.unhealthy_after())
        if deadline <= needed:
            raise refused(f"a {kind} deployment can take {needed} s: {parts}; write more than {needed}")
        return deadline

    @property
    def shift(self) -> Shift:
        """The settings of a strategy other than rolling."""
        return Shift.of(vars(self))

    @property
    def shifts(self) -> bool:
        """Whether there are two target groups, between which ECS shifts traffic, or will."""
        return self.strategy != "rolling" or self.alternate_group

    @property
    def scales(self) -> bool:
        """Whether autoscaling sets the number of tasks."""
        return (self.max or self.min) > self.min

    @property
    def stop_timeout(self) -> int:
        """Seconds from SIGTERM to SIGKILL: running requests finish, then the container closes connections and files."""
        return self.drain_seconds + STOP_MARGIN


class Cluster(Model):
    """The ECS cluster: a new one, or an existing one. A cluster itself costs nothing on Fargate."""

    arn: str | None = None
    """ARN of an existing cluster in the stack's Region and account. The cluster is not changed."""
    insights: Insights | None = None
    """CloudWatch Container Insights: metrics of tasks, kept after the tasks stop. `enhanced` adds metrics per
    container. AWS bills them as custom metrics. Unset: `enabled` in prod, `disabled` elsewhere. Not with `arn`."""

    @field_validator("arn")
    @classmethod
    def _check_arn(cls, arn: str | None) -> str | None:
        if arn is not None and not is_arn(arn, "ecs", r"cluster/[A-Za-z0-9_-]{1,255}"):
            raise refused("is not the ARN of an ECS cluster; write one like arn:aws:ecs:REGION:ACCOUNT:cluster/NAME")
        return arn

    @field_validator("insights")
    @classmethod
    def _check_insights(cls, insights: Insights | None, info: ValidationInfo) -> Insights | None:
        if insights is not None and info.data.get("arn") is not None:
            raise refused("is set by the owner of the existing cluster (cluster.arn); remove it")
        return insights

    def insights_in(self, environment: Environment) -> Insights:
        """Container Insights of the cluster in an environment; the setting, or the environment's default."""
        return self.insights or ("enabled" if environment in PROTECTED else "disabled")


def breaker_threshold(tasks: int) -> int:
    """Failed tasks in a row after which the ECS circuit breaker stops a deployment: half the tasks, from 3 to 200.

    Source: "How the Amazon ECS deployment circuit breaker detects failures" in the Amazon ECS developer guide.
    """
    return min(max(ceil(0.5 * tasks), 3), 200)
