"""A line that a program printed. Plain data."""

from __future__ import annotations

from typing import NamedTuple


class Printed(NamedTuple):
    """A line of a log, masked.

    Attributes:
        at: seconds since the epoch, by the clock of the machine that ran the task.
    """

    at: float
    text: str
