"""The ECS cluster."""

from __future__ import annotations

from pydantic import field_validator

from infra.settings.arns import is_arn
from infra.settings.model import Model, refused


class Cluster(Model):
    """A cluster of the stack's own, or an existing one. On Fargate a cluster costs nothing."""

    arn: str | None = None
    """ARN of an existing cluster, in the stack's Region and account; nothing of it is changed."""

    @field_validator("arn")
    @classmethod
    def _arn(cls, arn: str | None) -> str | None:
        if arn is not None and not is_arn(arn, "ecs", r"cluster/[A-Za-z0-9_-]{1,255}"):
            raise refused("is no ARN of an ECS cluster; write one like arn:aws:ecs:REGION:ACCOUNT:cluster/NAME")
        return arn
