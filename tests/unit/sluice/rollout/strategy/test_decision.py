"""What a service deployment means, and what the gate does next: every stage, every knowledge."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.rollout.deployment.judge import State
from sluice.rollout.strategy.decision import (
    Action,
    Known,
    Situation,
    asks_approval,
    judgement_of,
    meaning,
    next_action,
)
from sluice.rollout.strategy.lifecycle.hooks import own_stages
from sluice.rollout.strategy.step_analysis import Comparison, Verdict
from tests.unit.sluice.rollout.strategy.deployments import deployment, strategy

STAGES = (
    "", "RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP", "A_STAGE_OF_TOMORROW",
)  # fmt: skip
STATUSES = (
    "PENDING", "IN_PROGRESS", "SUCCESSFUL", "STOP_REQUESTED", "STOPPED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED",
)  # fmt: skip
CANARY = own_stages(strategy("canary", guard=True))
PAUSES = ((), ("h",), ("h", "i"))
VERDICTS = (None, *(Verdict(one, "figures") for one in Comparison))
EVERYTHING_KNOWN = [
    Known(proven, for_users, admitted, analysis, verdict, exhausted, approval)
    for proven, for_users, admitted, analysis, exhausted, approval in itertools.product((False, True), repeat=6)
    for verdict in VERDICTS
]


@pytest.mark.parametrize(
    ("given", "expected", "exposed"),
    [
        (("IN_PROGRESS", "SCALE_UP"), Situation.MOVING, False),
        (("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]), Situation.PAUSED, False),
        (("IN_PROGRESS", "PRE_PRODUCTION_TRAFFIC_SHIFT", 0, ["h"]), Situation.PAUSED, False),
        (("IN_PROGRESS", "PRE_PRODUCTION_TRAFFIC_SHIFT", 10, ["h"]), Situation.PAUSED, True),
        (("IN_PROGRESS", "POST_SCALE_UP", 0, ["theirs"]), Situation.FOREIGN_PAUSE, False),
        (("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h", "theirs"]), Situation.FOREIGN_PAUSE, False),
        (("IN_PROGRESS", "PRODUCTION_TRAFFIC_SHIFT", 0), Situation.MOVING, True),
        (("IN_PROGRESS", "A_STAGE_OF_TOMORROW", 0), Situation.MOVING, True),
        (("ROLLBACK_IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]), Situation.RETURNING, False),
        (("STOP_REQUESTED", ""), Situation.RETURNING, False),
        (("STOPPED", ""), Situation.ENDED, False),
        (("SUCCESSFUL", "CLEAN_UP", 100), Situation.ENDED, True),
    ],
)
def test_meaning(given: tuple[Any, ...], expected: Situation, exposed: bool) -> None:
    means = meaning(deployment(*given), CANARY)
    assert (means.situation, means.exposed) == (expected, exposed)
    assert (means.pause is not None) == (expected is Situation.PAUSED)


def test_finished_hooks_and_lambda_hooks_are_no_pauses() -> None:
    hooks = [
        {"hookId": "a", "targetType": "PAUSE", "status": "SUCCEEDED"},
        {"hookId": "b", "targetType": "AWS_LAMBDA", "status": "AWAITING_ACTION"},
        {"targetType": "PAUSE", "status": "AWAITING_ACTION"},
        {"hookId": "c", "status": "AWAITING_ACTION"},
    ]
    seen = deployment("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", lifecycleHookDetails=hooks)
    assert [one.hook for one in seen.pauses] == ["c"], "a PAUSE hook was seen without its type"


@pytest.mark.parametrize(
    ("status", "other", "state"),
    [
        ("PENDING", "", State.IN_PROGRESS),
        ("IN_PROGRESS", "", State.IN_PROGRESS),
        ("ROLLBACK_REQUESTED", "", State.IN_PROGRESS),
        ("ROLLBACK_IN_PROGRESS", "", State.IN_PROGRESS),
        ("STOP_REQUESTED", "", State.IN_PROGRESS),
        ("SUCCESSFUL", "", State.COMPLETED),
        ("SUCCESSFUL", "ecs-svc/9 of notes:6", State.COMPLETED),
        ("ROLLBACK_SUCCESSFUL", "", State.ROLLED_BACK),
        ("ROLLBACK_SUCCESSFUL", "ecs-svc/1 of notes:7", State.ROLLED_BACK),
        ("ROLLBACK_FAILED", "", State.ROLLED_BACK),
        ("STOPPED", "", State.FAILED),
        ("STOPPED", "ecs-svc/9 of notes:6", State.SUPERSEDED),
    ],
)
def test_judgement(status: str, other: str, state: State) -> None:
    judged = judgement_of(deployment(status, statusReason="why"), other)
    assert judged.state is state
    assert ("why" in judged.reason and other in judged.reason) or state is not State.SUPERSEDED
    if status == "ROLLBACK_FAILED":
        assert "the rollback itself failed" in judged.reason


NEXT: list[tuple[str, tuple[Any, ...], Known, Action]] = [
    ("guard", ("IN_PROGRESS", "PRE_SCALE_UP", 0, ["h"]), Known(), Action.CHECK_REVISION),
    ("guard, admitted", ("IN_PROGRESS", "PRE_SCALE_UP", 0, ["h"]), Known(admitted=True), Action.CONTINUE),
    ("test traffic", ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]), Known(), Action.PROVE),
    ("proven", ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]), Known(proven=True), Action.CONTINUE),
    (
        "proven, by hand",
        ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]),
        Known(proven=True, approval=True),
        Action.AWAIT_APPROVAL,
    ),
    (
        "by hand, not proven",
        ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]),
        Known(approval=True),
        Action.PROVE,
    ),
    (
        "first step: nothing to compare yet",
        ("IN_PROGRESS", "PRE_PRODUCTION_TRAFFIC_SHIFT", 0, ["h"]),
        Known(proven=True, analysis=True),
        Action.CONTINUE,
    ),
    (
        "second step",
        ("IN_PROGRESS", "PRE_PRODUCTION_TRAFFIC_SHIFT", 10, ["h"]),
        Known(proven=True, analysis=True),
        Action.ANALYSE,
    ),
    (
        "second step, a rollback: not analysed",
        ("IN_PROGRESS", "PRE_PRODUCTION_TRAFFIC_SHIFT", 10, ["h"]),
        Known(proven=True),
        Action.CONTINUE,
    ),
    (
        "adopted between steps: not proven by this deployer",
        ("IN_PROGRESS", "PRE_PRODUCTION_TRAFFIC_SHIFT", 10, ["h"]),
        Known(analysis=True),
        Action.PROVE,
    ),
    *(
        (
            f"second step, {verdict.comparison.value}{', exhausted' if exhausted else ''}",
            ("IN_PROGRESS", "PRE_PRODUCTION_TRAFFIC_SHIFT", 10, ["h"]),
            Known(proven=True, analysis=True, verdict=verdict, exhausted=exhausted),
            action,
        )
        for verdict, exhausted, action in (
            (Verdict(Comparison.HEALTHY, ""), False, Action.CONTINUE),
            (Verdict(Comparison.HEALTHY, ""), True, Action.CONTINUE),
            (Verdict(Comparison.WORSE, ""), False, Action.ROLL_BACK),
            (Verdict(Comparison.INCONCLUSIVE, ""), False, Action.ANALYSE),
            (Verdict(Comparison.INCONCLUSIVE, ""), True, Action.ROLL_BACK),
        )
    ),
    ("users reach it unproven", ("IN_PROGRESS", "PRODUCTION_TRAFFIC_SHIFT", 10), Known(), Action.PROVE),
    ("baking", ("IN_PROGRESS", "BAKE_TIME", 100), Known(proven=True), Action.PROVE_FOR_USERS),
    (
        "baking, asked",
        ("IN_PROGRESS", "BAKE_TIME", 100),
        Known(proven=True, proven_for_users=True),
        Action.CHECK_FOR_USERS,
    ),
    ("cleaning up: too late to roll back in an instant", ("IN_PROGRESS", "CLEAN_UP", 100), Known(), Action.WAIT),
    ("a foreign pause", ("IN_PROGRESS", "POST_SCALE_UP", 0, ["theirs"]), Known(proven=True), Action.WAIT),
    ("rolling back", ("ROLLBACK_IN_PROGRESS", "BAKE_TIME", 0, ["h"]), Known(), Action.WAIT),
]


@pytest.mark.parametrize(("given", "known", "expected"), [case[1:] for case in NEXT], ids=[case[0] for case in NEXT])
def test_next_action(given: tuple[Any, ...], known: Known, expected: Action) -> None:
    seen = deployment(*given)
    assert next_action(seen, meaning(seen, CANARY), known) is expected


def test_no_pause_before_users_is_ever_continued_without_the_proof() -> None:
    for status, stage, production, pauses in itertools.product(
        STATUSES, STAGES, (0, 10, 100), ((), ("h",), ("h", "i"))
    ):
        seen = deployment(status, stage, production, pauses)
        means = meaning(seen, CANARY)
        for known in EVERYTHING_KNOWN:
            action = next_action(seen, means, known)
            if action is Action.CONTINUE:
                assert means.situation is Situation.PAUSED
                assert known.admitted if stage == "PRE_SCALE_UP" else known.proven
                if stage == "PRE_PRODUCTION_TRAFFIC_SHIFT" and production and known.analysis:
                    assert known.verdict is not None
                    assert known.verdict.comparison is Comparison.HEALTHY
                assert not known.approval or stage == "PRE_SCALE_UP"
            if action is Action.ROLL_BACK:
                assert known.verdict is not None
                assert known.verdict.comparison is not Comparison.HEALTHY
            if seen.ended or seen.returning:
                assert action is Action.WAIT


@given(st.text(max_size=30), st.floats(0, 100))
def test_a_stage_that_is_not_known_is_never_continued(stage: str, production: float) -> None:
    seen = deployment("IN_PROGRESS", stage, production, ["h"])
    if stage not in CANARY:
        for known in (Known(), Known(proven=True, admitted=True)):
            assert next_action(seen, meaning(seen, CANARY), known) is not Action.CONTINUE


@pytest.mark.parametrize(
    ("kind", "approve", "stage", "production", "expected"),
    [
        ("blueGreen", "automatic", "POST_TEST_TRAFFIC_SHIFT", 0, False),
        ("blueGreen", "manual", "POST_TEST_TRAFFIC_SHIFT", 0, True),
        ("blueGreen", "manual", "PRE_SCALE_UP", 0, False),
        ("canary", "manual", "POST_TEST_TRAFFIC_SHIFT", 0, True),
        ("canary", "manual", "PRE_PRODUCTION_TRAFFIC_SHIFT", 0, False),
        ("canary", "manual", "PRE_PRODUCTION_TRAFFIC_SHIFT", 10, True),
        ("linear", "manual", "PRE_PRODUCTION_TRAFFIC_SHIFT", 20, False),
        ("canary", "automatic", "PRE_PRODUCTION_TRAFFIC_SHIFT", 10, False),
    ],
)
def test_what_a_person_continues(kind: str, approve: str, stage: str, production: float, expected: bool) -> None:
    assert asks_approval(kind, approve, deployment("IN_PROGRESS", stage, production, ["h"])) is expected
