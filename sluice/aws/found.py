"""What a look at one thing on AWS can find. Plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Absent:
    """AWS says that it does not exist, or not in a usable form.

    Attributes:
        reason: in which words.
        final: asking again cannot change the answer, as what was asked for never changes.
    """

    reason: str = ""
    final: bool = False


@dataclass(frozen=True)
class Unread:
    """It could not be looked at; *reason* says why. Never taken for present nor for absent."""

    reason: str


@dataclass(frozen=True)
class Present:
    """It exists."""
