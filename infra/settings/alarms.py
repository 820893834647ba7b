"""When somebody is woken."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.settings.values.model import Model

Percent = Annotated[int, Field(ge=1, le=100)]


class Alarms(Model):
    """Alarms of CloudWatch; they go to the topic of `notify`, without one they only show on the dashboard."""

    enabled: bool = True
    """Whether there are any."""
    error_percent: Percent = 5
    """Answers with a 5xx of all answers, for 5 minutes."""
    error_floor: Annotated[int, Field(ge=0, le=1_000_000)] = 20
    """Requests a minute below which errors do not count: one failed request at night would be 100 %."""
    latency: Annotated[int, Field(ge=1, le=600_000)] = 1000
    """Milliseconds that 95 % of the requests must be answered within, for 5 minutes."""
    cpu: Percent = 90
    """CPU of the service's tasks, for 10 minutes. Above what autoscaling aims at: it had its chance."""
    memory: Percent = 90
    """Memory of the service's tasks, for 10 minutes."""
    database_cpu: Percent = 80
    """CPU of the database, for 15 minutes."""
    database_storage: Percent = 10
    """Free storage of the database, of what it began with, for 15 minutes. Where it may, RDS enlarges storage
    earlier."""
    database_connections: Percent = 80
    """Connections of those that the instance class allows, for 5 minutes."""
    max_connections: Annotated[int, Field(ge=6, le=262_143)] | None = None
    """PostgreSQL's max_connections; unset: what RDS gives an instance of this class."""
    rollback: bool = False
    """Whether ECS takes a rollout back when its errors pass `errorPercent`. Every rollout then takes a few minutes
    more: ECS watches for a while after the last task was replaced."""
