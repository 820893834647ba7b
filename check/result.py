"""The result of a check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


class Broken(Exception):
    """The check failed: what is wrong, the fix, and the output that shows it."""

    def __init__(self, what: str, remedy: str, output: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.output = tuple(output)


class Warned(Exception):
    """The check passed with a warning: something could not be tried or may fail elsewhere. Texts as for Broken."""

    def __init__(self, what: str, remedy: str, output: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.output = tuple(output)


class Skipped(Exception):
    """The check was skipped; the text says why."""


@dataclass(frozen=True)
class Result:
    """One check.

    Attributes:
        result: how it ended; only "failed" makes the exit code 1.
        seconds: wall time.
        what: what was found, what is wrong, or why it was skipped.
        remedy: the fix; empty unless it failed or warned.
        output: lines that show the failure, in their order.
    """

    name: str
    result: Literal["passed", "warned", "failed", "skipped"]
    seconds: float
    what: str
    remedy: str = ""
    output: tuple[str, ...] = ()
