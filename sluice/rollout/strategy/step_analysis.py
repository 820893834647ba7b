"""Whether a version with a share of the users does worse than the old version. Pure.

Both versions are compared in the same minutes: what ails the database, the network or a dependency ails both. The rules
follow Flagger and Argo Rollouts: a measurement is healthy, worse or inconclusive, and an inconclusive one is repeated.

- *worse*: a target failed its health checks, the share of failed requests exceeds the old version's by more than the
  limit, or the p95 latency exceeds the old version's by more than the factor;
- one failed request alone is never worse: it may be a hiccup of the network;
- *inconclusive*: nothing of that, and fewer requests than the limit. CloudWatch's metrics arrive minutes late.

Source: "CloudWatch metrics for your Application Load Balancer".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from sluice.inputs.analysis import Analysis

FAILED_LEAST = 2
"""So many failed requests count."""
LATENCY_LEAST = 0.1
"""Seconds by which the p95 must also exceed the old version's. Of a hundred requests it is the fifth slowest: on a busy
machine a good version was 55 ms above the old one (62 and 117 ms), so a factor alone says nothing there."""


@dataclass(frozen=True)
class Figures:
    """What CloudWatch says of one target group over some minutes.

    Attributes:
        requests: that it answered.
        failed: of them, 5xx answers of its targets, and connections that they refused.
        p95: of its targets' response time, in seconds; None: no request, or no metric yet. Of several minutes the
            median: the first one after a start is slow.
        unhealthy: the largest number of unhealthy targets at once.
    """

    requests: int = 0
    failed: int = 0
    p95: float | None = None
    unhealthy: int = 0

    @property
    def failed_percent(self) -> float:
        """Share of failed requests, in percent."""
        return 100.0 * self.failed / self.requests if self.requests else (100.0 if self.failed else 0.0)

    @property
    def short(self) -> str:
        """Failed requests and latency, in few characters."""
        return f"{self.failed_percent:.1f} %" + (f" {_milliseconds(self.p95)}" if self.p95 is not None else "")

    def __str__(self) -> str:
        latency = f", p95 {_milliseconds(self.p95)}" if self.p95 is not None else ""
        unhealthy = f", {self.unhealthy} unhealthy" if self.unhealthy else ""
        return f"{self.requests} requests, {self.failed_percent:.2f} % failed{latency}{unhealthy}"


class Comparison(enum.Enum):
    """What the figures of a step say."""

    HEALTHY = "healthy"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Verdict:
    """The judgement of a step.

    Attributes:
        reason: the judgement with its figures, for people.
        short: the same for a timeline.
    """

    comparison: Comparison
    reason: str
    short: str = ""


def judge_step(blue: Figures, green: Figures, limits: Analysis) -> Verdict:
    """Compare the new version (*green*) with the old one (*blue*) in the same minutes."""
    judged = _judge(blue, green, limits)
    return replace(judged, short=f"{judged.comparison.value}: new {green.short}, old {blue.short}")


def _judge(blue: Figures, green: Figures, limits: Analysis) -> Verdict:
    figures = f"new version: {green}; old version: {blue}"
    if green.unhealthy:
        return Verdict(Comparison.WORSE, f"{green.unhealthy} targets of the new version are unhealthy ({figures})")
    excess = green.failed_percent - blue.failed_percent
    if green.failed >= FAILED_LEAST and excess > limits.error_percent:
        return Verdict(
            Comparison.WORSE,
            f"{excess:.2f} percentage points more requests fail than with the old version, "
            f"the limit is {limits.error_percent:g} ({figures})",
        )
    if green.requests < limits.min_requests:
        return Verdict(
            Comparison.INCONCLUSIVE,
            f"{green.requests} of {limits.min_requests} requests needed for a verdict ({figures})",
        )
    if green.p95 is None or blue.p95 is None:
        if green.p95 is None and green.requests:
            return Verdict(
                Comparison.INCONCLUSIVE, f"CloudWatch has no response time of the new version yet ({figures})"
            )
        return Verdict(Comparison.HEALTHY, figures)
    if green.p95 > blue.p95 * limits.latency_factor and green.p95 - blue.p95 > LATENCY_LEAST:
        return Verdict(
            Comparison.WORSE,
            f"p95 is {_milliseconds(green.p95)} instead of {_milliseconds(blue.p95)}, "
            f"the limit is {limits.latency_factor:g} times ({figures})",
        )
    return Verdict(Comparison.HEALTHY, figures)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
