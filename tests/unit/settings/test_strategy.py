"""The settings of a strategy: the defaults that the gate has, too, and how long a deployment takes by them."""

from __future__ import annotations

from typing import Any

import pytest

from infra.settings import strategy as settings
from infra.settings.service import Service
from sluice.inputs.analysis import Analysis
from sluice.inputs.proof_task import SECONDS
from sluice.inputs.strategy import Strategy


def test_defaults_and_limits_are_those_of_the_gate() -> None:
    ours = settings.Shift()
    for key in ("bake_minutes", "step_percent", "step_minutes", "pause_minutes", "approve", "guard"):
        assert getattr(ours, key) == getattr(Strategy, key), key
    for key in ("min_requests", "error_percent", "latency_factor"):
        assert getattr(ours.analysis, key) == getattr(Analysis(), key), key
    assert settings.Proof(command=["prove"]).timeout == SECONDS


@pytest.mark.parametrize(
    ("kind", "percent", "waits"),
    [
        ("blueGreen", 10, 0),
        ("canary", 10, 1),
        ("canary", 99.9, 1),
        ("linear", 10, 9),
        ("linear", 50, 1),
        ("linear", 30, 3),
        ("linear", 33.4, 2),
        ("linear", 99.9, 1),
        ("linear", 0.1, 999),
    ],
)
def test_ecs_waits_between_steps_only(kind: settings.Kind, percent: float, waits: int) -> None:
    assert settings.Shift(step_percent=percent).waits(kind) == waits


@pytest.mark.parametrize(
    ("given", "shifts"),
    [
        ({}, False),
        ({"strategy": "rolling"}, False),
        ({"alternateGroup": True}, True),
        ({"strategy": "blueGreen"}, True),
        ({"strategy": "blueGreen", "alternateGroup": True}, True),
    ],
)
def test_two_target_groups_are_there_for_every_strategy_and_on_the_way_to_it(
    given: dict[str, Any], shifts: bool
) -> None:
    assert Service.model_validate(given).shifts is shifts


def test_what_is_unset_has_its_default_and_zero_is_a_value() -> None:
    service = Service.model_validate({"strategy": "canary", "stepMinutes": 0, "bakeMinutes": 0, "stepPercent": 2.5})
    assert (service.shift.step_minutes, service.shift.bake_minutes, service.shift.step_percent) == (0, 0, 2.5)
    assert (service.shift.pause_minutes, service.shift.approve) == (60, "automatic")


@pytest.mark.parametrize("percent", [0.1, 2.5, 33.3, 66.7, 99.9])
def test_one_decimal_is_taken(percent: float) -> None:
    given = {"strategy": "canary", "stepPercent": percent}
    assert Service.model_validate(given).step_percent == percent
