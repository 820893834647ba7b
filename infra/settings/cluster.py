"""The ECS cluster."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import ValidationInfo, field_validator

from infra.settings.arns import is_arn
from infra.settings.environment import PROTECTED, Environment
from infra.settings.model import Model, refused

Insights: TypeAlias = Literal["disabled", "enabled", "enhanced"]


class Cluster(Model):
    """A cluster of the stack's own, or an existing one. On Fargate a cluster costs nothing."""

    arn: str | None = None
    """ARN of an existing cluster, in the stack's Region and account; nothing of it is changed."""
    insights: Insights | None = None
    """CloudWatch Container Insights: metrics of tasks that outlive them; `enhanced` has them of each container, too.
    They are paid for as custom metrics. Unset: `enabled` in prod, `disabled` elsewhere. Not with `arn`."""

    @field_validator("insights")
    @classmethod
    def _insights(cls, wished: Insights | None, info: ValidationInfo) -> Insights | None:
        if wished is not None and info.data.get("arn") is not None:
            raise refused("are the business of the cluster's owner; remove it")
        return wished

    @field_validator("arn")
    @classmethod
    def _arn(cls, arn: str | None) -> str | None:
        if arn is not None and not is_arn(arn, "ecs", r"cluster/[A-Za-z0-9_-]{1,255}"):
            raise refused("is no ARN of an ECS cluster; write one like arn:aws:ecs:REGION:ACCOUNT:cluster/NAME")
        return arn

    def insights_in(self, environment: Environment) -> Insights:
        """Container Insights in an environment, where the settings leave it open."""
        return self.insights or ("enabled" if environment in PROTECTED else "disabled")
