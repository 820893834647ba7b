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


class Skipped(Exception):
    """There was nothing to look at; the text says why."""


@dataclass(frozen=True)
class Result:
    """One check. what: what was seen, what is wrong, or why it was skipped. seconds: wall time."""

    name: str
    result: Literal["passed", "failed", "skipped"]
    seconds: float
    what: str
    remedy: str = ""
    lines: tuple[str, ...] = ()
