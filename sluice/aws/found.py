"""The possible results of reading one resource on AWS. Plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Absent:
    """It does not exist, or is not usable.

    Attributes:
        reason: AWS's message.
        final: a retry cannot change the answer, because the request names something immutable.
    """

    reason: str = ""
    final: bool = False


@dataclass(frozen=True)
class Unread:
    """It could not be read, for *reason*. It counts neither as present nor as absent."""

    reason: str


@dataclass(frozen=True)
class Present:
    """It exists."""
