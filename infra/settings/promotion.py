"""Where the stack is that this one promotes from."""

from __future__ import annotations

from infra.settings.aws import AccountId, Region
from infra.settings.values.model import Model


class Promotion(Model):
    """Where the stack of `promoteFrom` is. What it has released is read from there, and nothing else of it: the two
    stacks share neither state nor key."""

    account: AccountId | None = None
    """The AWS account that holds it, twelve digits; this stack's own when unset. Its image must lie there, too."""
    region: Region | None = None
    """The AWS Region that it is in; this stack's own when unset."""
