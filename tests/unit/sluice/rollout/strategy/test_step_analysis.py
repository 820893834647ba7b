"""The analysis of a step: plain figures in, a verdict out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.inputs.analysis import Analysis
from sluice.rollout.strategy.step_analysis import Comparison, Figures, judge_step

LIMITS = Analysis(min_requests=50, error_percent=1.0, latency_factor=1.5)
HEALTHY, WORSE, INCONCLUSIVE = Comparison.HEALTHY, Comparison.WORSE, Comparison.INCONCLUSIVE

CASES: list[tuple[str, Figures, Figures, Comparison, str]] = [
    ("both well", Figures(900, 0, 0.1), Figures(100, 0, 0.1), HEALTHY, "100 requests, 0.00 % failed, p95 100 ms"),
    ("no request at all", Figures(900, 0, 0.1), Figures(), INCONCLUSIVE, "0 of 50 requests"),
    ("one request too few", Figures(900, 0, 0.1), Figures(49, 0, 0.1), INCONCLUSIVE, "49 of 50 requests"),
    ("just enough", Figures(900, 0, 0.1), Figures(50, 0, 0.1), HEALTHY, ""),
    ("2 % errors", Figures(900, 0, 0.1), Figures(100, 2, 0.1), WORSE, "2.00 percentage points more requests fail"),
    ("errors at the limit", Figures(900, 0, 0.1), Figures(200, 2, 0.1), HEALTHY, ""),
    ("one failed request is a hiccup", Figures(900, 0, 0.1), Figures(50, 1, 0.1), HEALTHY, ""),
    ("both fail alike: a dependency", Figures(900, 90, 0.1), Figures(100, 10, 0.1), HEALTHY, ""),
    ("the old one fails more", Figures(900, 500, 0.1), Figures(100, 10, 0.1), HEALTHY, ""),
    ("bad long before there are enough requests", Figures(90, 0, 0.1), Figures(10, 8, 0.1), WORSE, "80.00 percentage"),
    ("every connection refused", Figures(900, 0, 0.1), Figures(0, 20, None), WORSE, "100.00 percentage points"),
    ("slower by less than 100 ms", Figures(900, 0, 0.062), Figures(100, 0, 0.117), HEALTHY, "p95 117 ms"),
    ("slow", Figures(900, 0, 0.1), Figures(100, 0, 0.25), WORSE, "p95 is 250 ms instead of 100 ms, the limit is 1.5"),
    ("at the latency limit", Figures(900, 0, 0.1), Figures(100, 0, 0.15), HEALTHY, ""),
    ("a few milliseconds are noise", Figures(900, 0, 0.002), Figures(100, 0, 0.009), HEALTHY, ""),
    ("slow, too few requests", Figures(900, 0, 0.1), Figures(49, 0, 0.9), INCONCLUSIVE, ""),
    ("both slow", Figures(900, 0, 2.0), Figures(100, 0, 2.1), HEALTHY, ""),
    ("the latency is late", Figures(900, 0, 0.1), Figures(100, 0, None), INCONCLUSIVE, "no response time"),
    ("nobody asks the old one", Figures(), Figures(100, 0, 0.9), HEALTHY, ""),
    ("an unhealthy target", Figures(900, 0, 0.1), Figures(100, 0, 0.1, 1), WORSE, "1 targets of the new version"),
    ("unhealthy without requests", Figures(), Figures(0, 0, None, 2), WORSE, "2 targets"),
    ("the old one's target is unhealthy", Figures(900, 0, 0.1, 1), Figures(100, 0, 0.1), HEALTHY, ""),
]


@pytest.mark.parametrize(("blue", "green", "expected", "said"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_a_step(blue: Figures, green: Figures, expected: Comparison, said: str) -> None:
    verdict = judge_step(blue, green, LIMITS)
    assert verdict.comparison is expected
    assert said in verdict.reason
    for shown in (green, blue):
        assert str(shown) in verdict.reason, "the figures go with every verdict"


def test_without_a_least_number_a_step_without_requests_passes() -> None:
    assert judge_step(Figures(), Figures(), Analysis(min_requests=0)).comparison is HEALTHY


figures = st.builds(
    lambda requests, share, p95, ill: Figures(requests, int(requests * share), p95 if requests else None, ill),
    st.integers(0, 10_000),
    st.floats(0, 1),
    st.floats(0.001, 30),
    st.integers(0, 3),
)
limits = st.builds(Analysis, st.integers(0, 1000), st.floats(0, 100), st.floats(1, 100))


@given(figures, figures, limits)
def test_few_requests_are_never_healthy(blue: Figures, green: Figures, bounds: Analysis) -> None:
    few = replace(green, requests=min(green.requests, bounds.min_requests - 1), failed=0)
    if bounds.min_requests:
        assert judge_step(blue, few, bounds).comparison is not HEALTHY


@given(figures, limits)
def test_the_same_figures_are_never_worse(both: Figures, bounds: Analysis) -> None:
    well = replace(both, unhealthy=0)
    assert judge_step(well, well, bounds).comparison is not WORSE


@given(figures, figures, limits, st.integers(1, 1000))
def test_more_failures_never_improve_a_verdict(blue: Figures, green: Figures, bounds: Analysis, more: int) -> None:
    worse = Figures(green.requests, min(green.requests, green.failed + more), green.p95, green.unhealthy)
    order = [HEALTHY, INCONCLUSIVE, WORSE]
    before, after = (order.index(judge_step(blue, one, bounds).comparison) for one in (green, worse))
    assert after >= before


@given(figures, figures, limits)
def test_a_healthy_verdict_keeps_every_limit(blue: Figures, green: Figures, bounds: Analysis) -> None:
    if judge_step(blue, green, bounds).comparison is not HEALTHY:
        return
    assert green.unhealthy == 0
    assert green.failed < 2 or green.failed_percent - blue.failed_percent <= bounds.error_percent
    if green.p95 is not None and blue.p95 is not None and green.p95 - blue.p95 > 0.1:
        assert green.p95 <= blue.p95 * bounds.latency_factor
