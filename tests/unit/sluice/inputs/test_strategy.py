"""The input *strategy* of Rollout: what it takes, and what it refuses by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import GateError
from sluice.inputs.analysis import Analysis
from sluice.inputs.strategy import Header, Strategy, Suffixes
from sluice.protocol.values import UNKNOWN
from sluice.provider.rollout import Rollout
from tests.unit.sluice.inputs.strategies import ALTERNATE, PRIMARY, PROOF, raw
from tests.unit.sluice.provider.resources import ROLLOUT, Lines, call, no_account, run


def test_a_whole_strategy() -> None:
    made = Strategy.parse(raw("canary", proof=PROOF, approve="manual", guard=True, stepPercent=2.5))
    assert (made.kind, made.ecs_name, made.approve, made.guard) == ("canary", "CANARY", "manual", True)
    assert made.target_groups == (PRIMARY, ALTERNATE)
    assert made.test_header == Header("X-Sluice-Test", "hush")
    assert (made.step_percent, made.step_minutes, made.bake_minutes, made.pause_minutes) == (2.5, 5, 5, 60)
    assert made.proof is not None
    assert (made.proof.command, made.proof.timeout, made.proof.assign_public_ip) == (("prove",), 120, True)
    assert made.analysis == Analysis(50, 1.0, 1.5)
    assert made.suffixes == Suffixes("app/notes/1", ("targetgroup/notes/1", "targetgroup/notes-b/2"))
    assert (made.other(PRIMARY), made.other(ALTERNATE)) == (ALTERNATE, PRIMARY)


def test_what_is_absent_has_a_default() -> None:
    optional = ("approve", "guard", "pauseMinutes", "stepPercent", "stepMinutes", "bakeMinutes", "suffixes")
    made = Strategy.parse({key: value for key, value in raw().items() if key not in optional})
    assert (made.approve, made.guard, made.pause_minutes, made.bake_minutes) == ("automatic", False, 60, 5)
    assert (made.proof, made.analysis, made.suffixes, made.steps) == (None, None, None, False)
    assert Strategy.parse(raw("linear", analysis=None)).analysis == Analysis()


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("rolling", {}, "kind is 'rolling'; it must be blueGreen, canary or linear"),
        ("blueGreen", {"bake": 5}, "unknown key 'bake'"),
        ("blueGreen", {"approve": "later"}, "approve is 'later'"),
        ("blueGreen", {"guard": "yes"}, "guard is 'yes'; it must be true or false"),
        ("blueGreen", {"productionRule": ""}, "productionRule is ''"),
        ("blueGreen", {"testRule": raw()["productionRule"]}, "are the same rule"),
        ("blueGreen", {"targetGroups": [PRIMARY]}, "targetGroups is"),
        ("blueGreen", {"targetGroups": [PRIMARY, PRIMARY]}, "two different texts"),
        ("blueGreen", {"targetGroups": "ab"}, "two different texts"),
        ("blueGreen", {"testHeader": None}, "testHeader: name"),
        ("blueGreen", {"testHeader": {"name": "X", "value": "a\nb"}}, "testHeader: value"),
        ("blueGreen", {"testHeader": "X"}, "testHeader must be an object"),
        ("blueGreen", {"pauseMinutes": 0}, "pauseMinutes is 0; it must be a whole number from 1 to 20160"),
        ("blueGreen", {"pauseMinutes": 20161}, "pauseMinutes is 20161"),
        ("blueGreen", {"bakeMinutes": 1441}, "bakeMinutes is 1441; it must be a whole number from 0 to 1440"),
        ("blueGreen", {"bakeMinutes": True}, "bakeMinutes is True"),
        ("canary", {"stepPercent": 0}, "stepPercent is 0; it must be a number from 0.1 to 99.9"),
        ("canary", {"stepPercent": 100}, "stepPercent is 100"),
        ("canary", {"stepPercent": 2.55}, "ECS takes one decimal"),
        ("linear", {"stepPercent": 2.9}, "stepPercent is 2.9; it must be a number from 3 to 99.9"),
        ("linear", {"stepMinutes": -1}, "stepMinutes is -1"),
        ("blueGreen", {"analysis": {}}, "analysis needs canary or linear"),
        ("canary", {"analysis": {"minRequests": -1}}, "analysis: minRequests is -1"),
        ("canary", {"analysis": {"errorPercent": 101}}, "analysis: errorPercent is 101"),
        ("canary", {"analysis": {"latencyFactor": 0.5}}, "analysis: latencyFactor is 0.5"),
        ("canary", {"analysis": {"p95": 1}}, "unknown key 'p95'"),
        ("canary", {"analysis": 5}, "analysis is 5"),
        ("canary", {"suffixes": None}, "suffixes is missing"),
        ("canary", {"suffixes": {"loadBalancer": "app/x/1"}}, "suffixes: targetGroups is None"),
        ("blueGreen", {"proof": {**PROOF, "timeout": 0}}, "strategy: proof: timeout is 0"),
        ("blueGreen", {"proof": {**PROOF, "command": []}}, "strategy: proof: command is []"),
        ("blueGreen", {"proof": {**PROOF, "image": "x"}}, "unknown key 'image'"),
    ],
)
def test_refused_by_name(kind: str, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(GateError) as error:
        Strategy.parse(raw(kind, **changes))
    assert said in str(error.value)
    checked = run(Rollout(no_account).check(call(Lines()), {}, ROLLOUT | {"strategy": raw(kind, **changes)}))
    assert [(one.property, said in one.reason) for one in checked.failures] == [("strategy", True)]


def test_a_refusal_never_shows_the_test_headers_value() -> None:
    with pytest.raises(GateError) as error:
        Strategy.parse(raw(testHeader={"name": "", "value": "hush"}))
    assert "hush" not in str(error.value)


def test_the_provider_takes_it_and_judges_nothing_that_is_not_known_yet() -> None:
    for strategy in (raw("linear", proof=PROOF), raw(productionRule=UNKNOWN)):
        checked = run(Rollout(no_account).check(call(Lines()), {}, ROLLOUT | {"strategy": strategy}))
        assert checked.failures == []


@given(st.integers(1, 999))
def test_every_percentage_with_one_decimal_is_taken(tenths: int) -> None:
    assert Strategy.parse(raw("canary", stepPercent=tenths / 10)).step_percent == tenths / 10
