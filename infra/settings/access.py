"""What the stack's own roles may be, at most."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from infra.settings.model import Model, refused


def _policy(arn: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", arn):
        raise refused("is not the ARN of a managed policy; write one like arn:aws:iam::123456789012:policy/shop-files")
    return arn


class Access(Model):
    """The roles of the stack's tasks."""

    boundary: bool = False
    """Whether they carry the permissions boundary that `make bootstrap` made for this stack. The deploy role that it
    makes may create roles with it only."""
    policies: list[Annotated[str, AfterValidator(_policy)]] = Field(default_factory=list)
    """ARNs of managed policies for the service's own code, which may do nothing without them."""
