"""The caller's own proof: a one-off task of the new image that tests the new version on test traffic. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.inputs.keys import refuse_unknown
from sluice.inputs.numbers import whole
from sluice.inputs.smoke_task import SmokeTask

SECONDS = 300


@dataclass(frozen=True)
class ProofTask(SmokeTask):
    """What runs, where it runs, and how long it may take.

    Attributes:
        timeout: seconds from the first start to the end of the task.
    """

    timeout: int = SECONDS

    @classmethod
    def parse(cls, raw: Mapping[str, Any], what: str = "strategy: proof") -> ProofTask:
        """Read it from plain data. Raises GateError."""
        refuse_unknown(cls, raw, what)
        timeout = whole(raw, "timeout", SECONDS, 1, 86_400, what)
        task = SmokeTask.parse({key: value for key, value in raw.items() if key != "timeout"}, what)
        return cls(**vars(task), timeout=timeout)
