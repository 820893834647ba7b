"""Alarms, notifications and the retention of logs."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.values.arns import arn_of
from infra.settings.values.model import Model, refused, repeated

EmailAddress: TypeAlias = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
TopicArn: TypeAlias = Annotated[str, arn_of("an SNS topic", "sns", r"[A-Za-z0-9_-]{1,256}(\.fifo)?", "NAME")]
Percent: TypeAlias = Annotated[int, Field(ge=1, le=100)]

RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Days of retention that CloudWatch Logs offers (PutRetentionPolicy in the Amazon CloudWatch Logs API reference)."""


class Notify(Model):
    """Notifications of failed migrations, failed rollouts and alarms, through an SNS topic of the stack or an existing
    one. Without either nothing is sent."""

    email: Annotated[list[EmailAddress], Field(min_length=1)] | None = None
    """Email addresses that are subscribed to a topic of the stack. AWS asks each of them to confirm."""
    topic: TopicArn | None = None
    """ARN of an existing topic in the stack's Region. The deployer must be allowed to publish to it. Its policy must
    let `cloudwatch.amazonaws.com` (alarms) and `events.amazonaws.com` (failed migrations) publish."""

    @field_validator("email")
    @classmethod
    def _check_email(cls, addresses: list[str] | None) -> list[str] | None:
        if twice := repeated(addresses or []):
            raise refused(f"{twice} is listed more than once; list every address once")
        return addresses

    @field_validator("topic")
    @classmethod
    def _check_topic(cls, topic: str | None, info: ValidationInfo) -> str | None:
        if topic is None:
            return None
        if topic.endswith(".fifo"):
            raise refused("is a FIFO topic, which takes no email subscriptions; name a standard topic")
        if info.data.get("email"):
            raise refused("and notify.email exclude each other: subscribe the addresses to the topic, or remove it")
        return topic


class Alarms(Model):
    """CloudWatch alarms. They are sent to the topic of `notify`; without one they are only on the dashboard."""

    enabled: bool = True
    """Whether alarms are created."""
    error_percent: Percent = 5
    """Percent of responses with a 5xx status, for 5 minutes."""
    error_floor: Annotated[int, Field(ge=0, le=1_000_000)] = 20
    """Requests per minute below which errors do not count: at night one failed request would be 100 %."""
    latency: Annotated[int, Field(ge=1, le=600_000)] = 1000
    """95th percentile of the response time in milliseconds, for 5 minutes."""
    cpu: Percent = 90
    """CPU utilization of the service's tasks in percent, for 10 minutes. Must be above `service.targetCpu`."""
    memory: Percent = 90
    """Memory utilization of the service's tasks in percent, for 10 minutes."""
    database_cpu: Percent = 80
    """CPU utilization of the database in percent, for 15 minutes."""
    database_storage: Percent = 10
    """Free storage of the database in percent of `database.storage`, for 15 minutes. RDS enlarges the storage earlier,
    up to `database.maxStorage`."""
    database_connections: Percent = 80
    """Database connections in percent of the maximum, for 5 minutes."""
    max_connections: Annotated[int, Field(ge=6, le=262_143)] | None = None
    """PostgreSQL's max_connections. Unset: the RDS default for the instance class."""
    rollback: bool = False
    """Whether ECS rolls back a rollout whose errors exceed `errorPercent`. Every rollout then takes a few minutes
    longer, because ECS watches the alarm after the last task is replaced."""


class Logs(Model):
    """Retention of the log groups (migrations, service, database) and of the traffic logs."""

    retention_days: int = 30
    """Days that log events are kept; a number that CloudWatch Logs offers, from 1 to 3653."""
    traffic_days: Annotated[int, Field(ge=1, le=3653)] = 90
    """Days that access logs of the load balancer and flow logs of the VPC are kept."""

    @field_validator("retention_days")
    @classmethod
    def _check_retention_days(cls, days: int) -> int:
        if days not in RETENTIONS:
            nearest = min(RETENTIONS, key=lambda offered: abs(offered - days))
            raise refused(f"is not a retention that CloudWatch Logs offers; the nearest is {nearest}")
        return days
