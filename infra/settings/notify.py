"""Who is told when a migration or a rollout fails, or an alarm goes off."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.values.model import Model, refused

Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Notify(Model):
    """Notices go through an SNS topic: one of the stack's own, or an existing one. Without either nobody is told."""

    email: Annotated[list[Address], Field(min_length=1)] | None = None
    """Addresses that are subscribed to a topic of the stack's own; AWS asks each of them to confirm."""
    topic: str | None = None
    """ARN of an existing topic in the stack's Region, to which the deployer may publish; its policy must let
    `cloudwatch.amazonaws.com` (alarms) and `events.amazonaws.com` (failed migrations) publish too."""

    @field_validator("email")
    @classmethod
    def _email(cls, addresses: list[str] | None) -> list[str] | None:
        if twice := sorted({one for one in addresses or () if (addresses or []).count(one) > 1}):
            raise refused(f"{', '.join(twice)} is named more than once; subscribe every address once")
        return addresses

    @field_validator("topic")
    @classmethod
    def _topic(cls, topic: str | None, info: ValidationInfo) -> str | None:
        if topic is None:
            return None
        if not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?", topic):
            raise refused("is no ARN of an SNS topic; write one like arn:aws:sns:REGION:ACCOUNT:NAME")
        if topic.endswith(".fifo"):
            raise refused("is a FIFO topic, to which people cannot subscribe; name a standard topic")
        if info.data.get("email"):
            raise refused(
                "and notify.email exclude each other: an existing topic has subscriptions of its own; keep one"
            )
        return topic
