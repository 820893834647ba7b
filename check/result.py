"""What a check came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


class Broken(Exception):
    """The application is not ready: what is wrong, what to do, and lines that show it."""

    def __init__(self, what: str, remedy: str, lines: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.lines = tuple(lines)


class Warned(Exception):
    """Nothing is broken, and something could not be tried or may fail elsewhere: the same three texts as Broken."""

    def __init__(self, what: str, remedy: str, lines: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.lines = tuple(lines)


class Skipped(Exception):
    """There was nothing to look at; the text says why."""


@dataclass(frozen=True)
class Result:
    """One check.

    Attributes:
        result: how it ended; only "failed" makes the exit code 1.
        seconds: wall time.
        what: what was seen, what is wrong, or why it was skipped.
        remedy: what to do; empty unless it failed or warned.
        lines: that show it, in their order.
    """

    name: str
    result: Literal["passed", "warned", "failed", "skipped"]
    seconds: float
    what: str
    remedy: str = ""
    lines: tuple[str, ...] = ()
