"""A probe of one fault of MiniStack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.ministack.account import Account


@dataclass(frozen=True)
class Probe:
    """One probe.

    Attributes:
        correction: the file of the correction that mends the fault, below emulator/cloud and without `.py`.
        faulty: says whether an emulator has the fault. The first line of its docstring describes the fault.
    """

    correction: str
    faulty: Callable[[Account], bool]

    @property
    def name(self) -> str:
        """The probe's name in a test run."""
        return f"{self.correction}:{self.faulty.__name__}"

    @property
    def fault(self) -> str:
        """The fault, in one sentence."""
        return str(self.faulty.__doc__).partition("\n")[0]
