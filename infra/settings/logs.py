"""How long logs are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from infra.settings.values.model import Model, refused

RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Days that CloudWatch Logs can keep a log (PutRetentionPolicy in the Amazon CloudWatch Logs API reference)."""


class Logs(Model):
    """The log groups of migrations, service and database, and the bucket of traffic logs."""

    retention_days: int = 30
    """Days that a line is kept; one of the numbers that CloudWatch Logs takes, from 1 to 3653."""
    traffic_days: Annotated[int, Field(ge=1, le=3653)] = 90
    """Days that the load balancer's access logs and the VPC's flow logs are kept."""

    @field_validator("retention_days")
    @classmethod
    def _retention_days(cls, days: int) -> int:
        if days not in RETENTIONS:
            near = min(RETENTIONS, key=lambda known: abs(known - days))
            raise refused(f"is no number of days that CloudWatch Logs takes; the nearest is {near}")
        return days
