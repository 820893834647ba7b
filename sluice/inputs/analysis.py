"""How much worse than the old version a new one may be while it gets a share of the traffic. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.errors import GateError
from sluice.inputs.keys import refuse_unknown
from sluice.inputs.numbers import number, whole


@dataclass(frozen=True)
class Analysis:
    """Limits of the analysis of a canary or linear step.

    Attributes:
        min_requests: requests that the new version must have got before a step is judged; 0: a step without any passes.
        error_percent: percentage points by which its share of 5xx answers may exceed the old version's.
        latency_factor: how many times the old version's p95 latency its own may be; under 100 ms more never counts.
    """

    min_requests: int = 50
    error_percent: float = 1.0
    latency_factor: float = 1.5

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Analysis:
        """Read it from plain data. Raises GateError naming the key and the range."""
        what = "strategy: analysis"
        refuse_unknown(cls, raw, what)
        return cls(
            whole(raw, "minRequests", cls.min_requests, 0, 1_000_000, what),
            number(raw, "errorPercent", cls.error_percent, 0.0, 100.0, what),
            number(raw, "latencyFactor", cls.latency_factor, 1.0, 100.0, what),
        )


def analysis_of(raw: Any) -> Analysis:
    """The limits of an input; absent: the defaults. Raises GateError."""
    if raw is not None and not isinstance(raw, Mapping):
        raise GateError(f"strategy: analysis is {raw!r}; it must be an object with minRequests and others")
    return Analysis.parse(raw or {})
