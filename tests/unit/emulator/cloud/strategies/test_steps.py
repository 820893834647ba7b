"""Shares of production traffic, the weights of a rule, and where one request goes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from emulator.cloud.ecs.strategies.steps import production_steps, step_minutes, weights
from emulator.cloud.elb.shares import choose, position


def canary(**more: Any) -> dict[str, Any]:
    return {"strategy": "CANARY", "canaryConfiguration": more}


def linear(**more: Any) -> dict[str, Any]:
    return {"strategy": "LINEAR", "linearConfiguration": more}


@pytest.mark.parametrize(
    ("configuration", "shares", "minutes"),
    [
        ({"strategy": "BLUE_GREEN"}, (100.0,), 0.0),
        (canary(), (5.0, 100.0), 10.0),
        (canary(canaryPercent=0.1, canaryBakeTimeInMinutes=0), (0.1, 100.0), 0.0),
        (canary(canaryPercent=100.0), (100.0,), 10.0),
        (linear(), tuple(10.0 * step for step in range(1, 11)), 6.0),
        (linear(stepPercent=33.3, stepBakeTimeInMinutes=2), (33.3, 66.6, 99.9, 100.0), 2.0),
        (linear(stepPercent=40), (40.0, 80.0, 100.0), 6.0),
        (linear(stepPercent=100), (100.0,), 6.0),
    ],
)
def test_steps(configuration: dict[str, Any], shares: tuple[float, ...], minutes: float) -> None:
    assert production_steps(configuration) == shares
    assert step_minutes(configuration) == minutes


@pytest.mark.parametrize(
    ("percent", "pair"),
    [(0.0, (0, 100)), (100.0, (100, 0)), (5.0, (50, 950)), (0.1, (1, 999)), (33.3, (333, 667)), (99.9, (999, 1))],
)
def test_weights(percent: float, pair: tuple[int, int]) -> None:
    assert weights(percent) == pair
    assert max(pair) <= 999


@pytest.mark.parametrize("share", [1, 50, 100, 500, 999])
def test_requests_are_spread_by_weight(share: int) -> None:
    groups = (("green", share), ("blue", 1000 - share))
    counts = Counter(choose(groups, position(number)) for number in range(1000))
    assert abs(counts["green"] - share) <= 5


def test_a_group_without_weight_gets_nothing() -> None:
    assert {choose((("a", 0), ("b", 1)), position(number)) for number in range(100)} == {"b"}
    assert choose((("a", 0), ("b", 0)), 0.5) is None
