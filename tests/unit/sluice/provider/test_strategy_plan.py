"""What a preview says of a rollout that shifts traffic."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.protocol.values import UNKNOWN
from sluice.provider.rollout import Rollout
from sluice.provider.strategy_plan import strategy_plan
from tests.unit.sluice.inputs.strategies import PROOF, raw
from tests.unit.sluice.provider.resources import ROLLOUT, Lines, call, no_account, run

SMOKE: dict[str, Any] = {"smoke": {"url": UNKNOWN}}
SOAK: dict[str, Any] = {"soak": {"seconds": 10, "url": UNKNOWN}}


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"strategy": raw()} | SMOKE, ["blueGreen: ECS pauses", "(the smoke request)", "moves all users at once"]),
        (
            {"strategy": raw("canary", stepPercent=2.5)},
            ["its targets' health", "2.5 % of the users, compares"],
        ),
        ({"strategy": raw("linear", stepMinutes=UNKNOWN)}, ["10 % of the users every 5 min"]),
        ({"strategy": raw(proof=PROOF)} | SMOKE | SOAK, ["(the smoke request, the soak, service.proof.command)"]),
        ({"strategy": raw(approve="manual")}, ["and waits for `sluice continue`; then moves"]),
        (
            {"strategy": raw(bakeMinutes=0, approve="manual"), "rollback": True},
            ["(its targets' health); then", "0 more"],
        ),
        ({"strategy": {"kind": UNKNOWN}}, ["then moves the users"]),
    ],
)
def test_the_plan(inputs: dict[str, Any], said: list[str]) -> None:
    plan = strategy_plan(inputs)
    assert not [text for text in said if text not in plan], plan
    assert "hush" not in plan


@pytest.mark.parametrize("inputs", [{}, {"strategy": None}, {"strategy": UNKNOWN}])
def test_rolling_and_what_is_not_known_say_nothing(inputs: dict[str, Any]) -> None:
    assert strategy_plan(inputs) == ""


def test_a_preview_says_it() -> None:
    lines = Lines()
    run(Rollout(no_account).create(call(lines), ROLLOUT | {"strategy": raw("canary")}))
    assert any("canary: ECS pauses before any user reaches the version" in line for line in lines)
    lines = Lines()
    run(Rollout(no_account).create(call(lines), ROLLOUT))
    assert not any("ECS pauses" in line for line in lines)
