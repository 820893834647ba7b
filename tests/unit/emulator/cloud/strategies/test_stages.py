"""The stages of a deployment that shifts traffic: the documented order, and every failure at every stage."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator

import pytest

from emulator.cloud.ecs.service.deployment import ALARM, BREAKER, REQUEST
from emulator.cloud.ecs.strategies import stages
from emulator.cloud.ecs.strategies.configuration import PAUSE_STAGES
from emulator.cloud.ecs.strategies.hooks import (
    CONTINUE,
    FAILED,
    ROLLBACK,
    SUCCEEDED,
    TIMED_OUT,
    Hook,
    Pause,
    answered,
    hooks_of,
)
from emulator.cloud.ecs.strategies.stages import (
    BAKE_TIME,
    CLEAN_UP,
    ORDER,
    PRE_PRODUCTION_SHIFT,
    PRODUCTION_SHIFT,
    RECONCILE_SERVICE,
    SCALE_UP,
    Failure,
    Plan,
    Seen,
    State,
    failed,
    next_stage,
    superseded,
    wanted,
)

BLUE_GREEN, CANARY, LINEAR = (100.0,), (10.0, 100.0), (25.0, 50.0, 75.0, 100.0)
WELL = Seen(0.0, reconciled=True, ready=True, cleaned=True)
AT = {stage: index for index, stage in enumerate(ORDER)}


def ids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"ecs-pause-{next(numbers)}"


def run(plan: Plan, seen: Seen = WELL, answer: str = CONTINUE, state: State | None = None) -> Iterator[State]:
    """Every state until the end; pauses are answered, and time passes wherever nothing happens."""
    state, new_id = state or State(), ids()
    for _ in range(500):
        after = next_stage(plan, state, seen, new_id)
        waits = next((one.id for one in after.pauses if one.status == "AWAITING_ACTION"), None)
        if waits is not None:
            yield after
            after = dataclasses.replace(after, pauses=answered(after.pauses, waits, answer) or ())
        elif after == state:
            seen = dataclasses.replace(seen, now=seen.now + 1)
        state = after
        yield state
        if state.ended:
            return
    raise AssertionError(f"no end: {state}")


def visited(states: Iterator[State]) -> list[str]:
    return [stage for stage, _ in itertools.groupby(one.stage for one in states) if stage]


@pytest.mark.parametrize(
    ("plan", "order"),
    [
        pytest.param(Plan(BLUE_GREEN), list(ORDER[1:]), id="blue/green"),
        pytest.param(Plan(BLUE_GREEN, reconcile=True), list(ORDER), id="reconciles where a third revision is active"),
        pytest.param(
            Plan(CANARY),
            [*ORDER[1:6], *[PRE_PRODUCTION_SHIFT, PRODUCTION_SHIFT] * 2, *ORDER[8:]],
            id="a canary moves twice",
        ),
        pytest.param(
            Plan(LINEAR),
            [*ORDER[1:6], *[PRE_PRODUCTION_SHIFT, PRODUCTION_SHIFT] * 4, *ORDER[8:]],
            id="linear: before every step",
        ),
    ],
)
def test_the_documented_order(plan: Plan, order: list[str]) -> None:
    states = list(run(plan))
    assert visited(iter(states)) == order
    assert (states[-1].status, states[-1].production, states[-1].test) == ("SUCCESSFUL", 100.0, 100.0)


def test_each_step_moves_its_share() -> None:
    shares = dict.fromkeys(one.production for one in run(Plan(LINEAR)) if one.stage == PRODUCTION_SHIFT)
    assert list(shares) == [25.0, 50.0, 75.0, 100.0]


@pytest.mark.parametrize("steps", [BLUE_GREEN, CANARY, LINEAR])
def test_bake_times_pass(steps: tuple[float, ...]) -> None:
    """A step's bake time between steps only; the last one in BAKE_TIME."""
    new_id, state, now = ids(), State(), 0.0
    plan = Plan(steps, step_bake=5.0, bake=7.0)
    began: list[tuple[str, float]] = []
    for _ in range(200):
        after = next_stage(plan, state, dataclasses.replace(WELL, now=now), new_id)
        if after.stage != state.stage:
            began.append((after.stage, now))
        now += after == state
        state = after
    moves = [when for stage, when in began if stage == PRODUCTION_SHIFT]
    assert moves == [5.0 * step for step in range(len(steps))]
    assert next(when for stage, when in began if stage == BAKE_TIME) == moves[-1]
    assert next(when for stage, when in began if stage == CLEAN_UP) == moves[-1] + 7.0


@pytest.mark.parametrize("stage", PAUSE_STAGES)
@pytest.mark.parametrize("steps", [BLUE_GREEN, CANARY])
def test_a_pause_holds_its_stage(stage: str, steps: tuple[float, ...]) -> None:
    plan = Plan(steps, hooks=(Hook((stage,), 60.0),), reconcile=True)
    states = list(run(plan))
    paused = [one for one in states if one.pauses and one.pauses[0].status == "AWAITING_ACTION"]
    times = len(steps) if stage == PRE_PRODUCTION_SHIFT else 1
    assert [one.stage for one in paused] == [stage] * times
    assert [one.status for one in paused] == ["IN_PROGRESS"] * times
    assert len({one.pauses[0].id for one in paused}) == times  # a new id for every step
    assert [one.status for one in states[-1].past] == [SUCCEEDED] * times
    if AT[stage] < AT[PRODUCTION_SHIFT]:
        assert paused[0].production == 0.0  # no user before the first answer


def test_nothing_moves_while_one_of_two_pauses_waits() -> None:
    plan, new_id = Plan(BLUE_GREEN, hooks=(Hook(("PRE_SCALE_UP",), 60.0), Hook(("PRE_SCALE_UP",), 60.0))), ids()
    state = next_stage(plan, State(), WELL, new_id)
    first, second = (one.id for one in state.pauses)
    state = dataclasses.replace(state, pauses=answered(state.pauses, first, CONTINUE) or ())
    assert next_stage(plan, state, WELL, new_id) == state
    state = dataclasses.replace(state, pauses=answered(state.pauses, second, CONTINUE) or ())
    assert next_stage(plan, state, WELL, new_id).stage == SCALE_UP


def test_one_rollback_wins_over_a_waiting_pause() -> None:
    plan, new_id = Plan(BLUE_GREEN, hooks=(Hook(("POST_SCALE_UP",), 60.0), Hook(("POST_SCALE_UP",), 60.0))), ids()
    state = next(one for one in run(plan) if one.stage == "POST_SCALE_UP")
    state = dataclasses.replace(state, pauses=answered(state.pauses, state.pauses[0].id, ROLLBACK) or ())
    back = next_stage(plan, state, WELL, new_id)
    assert back.status == "ROLLBACK_IN_PROGRESS"
    assert [one.status for one in back.past] == [FAILED, FAILED]


@pytest.mark.parametrize(
    ("action", "status", "reason"),
    [
        (ROLLBACK, "ROLLBACK_SUCCESSFUL", "Service deployment rolled back because PRE_SCALE_UP pause hook timed out."),
        (CONTINUE, "SUCCESSFUL", None),
    ],
)
def test_a_pause_that_nobody_answers_times_out(action: str, status: str, reason: str | None) -> None:
    plan, new_id, state = Plan(BLUE_GREEN, hooks=(Hook(("PRE_SCALE_UP",), 60.0, action),)), ids(), State()
    state = next_stage(plan, state, WELL, new_id)
    assert next_stage(plan, state, dataclasses.replace(WELL, now=59.9), new_id) == state
    late = dataclasses.replace(WELL, now=60.0)
    for _ in ORDER:
        state = next_stage(plan, state, late, new_id)
    assert (state.status, stages.reason(state)) == (status, reason)
    assert [one.status for one in state.past] == [TIMED_OUT]


CAUSES = [BREAKER, ALARM, stages.WIRING]


@pytest.mark.parametrize("steps", [BLUE_GREEN, CANARY, LINEAR])
@pytest.mark.parametrize("source", [True, False])
@pytest.mark.parametrize("rollback", [(), (BREAKER, ALARM)])
@pytest.mark.parametrize("cause", CAUSES)
def test_every_failure_at_every_stage(
    steps: tuple[float, ...], source: bool, rollback: tuple[str, ...], cause: str
) -> None:
    plan = Plan(steps, step_bake=1.0, bake=1.0, source=source, reconcile=True, rollback=rollback)
    before = [one for one in run(plan) if one.stage and not one.ended]
    for state in before:
        seen = dataclasses.replace(WELL, now=state.since, failures=(Failure(cause, "of a test."),))
        after = next_stage(plan, state, seen, ids())
        acts = state.stage == SCALE_UP if cause == BREAKER else state.stage != CLEAN_UP
        if not acts:
            assert after.failure is None, state
            continue
        goes_back = source and (cause == stages.WIRING or cause in rollback)
        assert after.status == ("ROLLBACK_IN_PROGRESS" if goes_back else "STOPPED"), state
        if not goes_back:
            assert (after.production, after.test) == (state.production, state.test)  # traffic stays where it was
            continue
        assert after.production == 0.0, "users go back first"
        end = list(run(plan, dataclasses.replace(WELL, now=state.since), state=after))[-1]
        assert (end.status, end.production, end.test) == ("ROLLBACK_SUCCESSFUL", 0.0, 0.0)
        assert stages.reason(end) == "Service deployment rolled back because of a test."


@pytest.mark.parametrize("steps", [BLUE_GREEN, LINEAR])
def test_tasks_follow_the_stages(steps: tuple[float, ...]) -> None:
    """The old revision keeps its tasks as long as any user may be sent to it."""
    for state in run(Plan(steps, step_bake=1.0, bake=1.0, reconcile=True)):
        old, new = wanted(state, 3)
        assert new == (0 if state.stage in ("", RECONCILE_SERVICE, "PRE_SCALE_UP") else 3)
        assert old == (0 if state.stage == CLEAN_UP else 3)
        assert old == 3 or state.production == 100.0
        assert new == 3 or state.production == 0.0
        back = failed(Plan(steps), state, Failure(REQUEST, "of a test."), state.since)
        assert wanted(back, 3)[0] == 3


def test_a_requested_rollback_is_shown_before_it_begins() -> None:
    plan = Plan(BLUE_GREEN)
    state = next(one for one in run(plan) if one.stage == BAKE_TIME)
    asked = failed(plan, state, Failure(REQUEST, "of a test."), 1.0)
    assert (asked.status, asked.production) == ("ROLLBACK_REQUESTED", 100.0)
    seen = [asked, *run(plan, dataclasses.replace(WELL, now=1.0), state=asked)]
    assert [status for status, _ in itertools.groupby(one.status for one in seen)] == [
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
    ]
    assert visited(iter(seen[1:])) == [PRODUCTION_SHIFT, "TEST_TRAFFIC_SHIFT", CLEAN_UP]


def test_a_rollback_whose_rule_is_gone_fails() -> None:
    plan = Plan(BLUE_GREEN)
    state = next(one for one in run(plan) if one.stage == BAKE_TIME)
    gone = dataclasses.replace(WELL, failures=(Failure(stages.WIRING, "the rule is gone."),))
    back = next_stage(plan, state, gone, ids())
    assert next_stage(plan, back, gone, ids()).status == "ROLLBACK_FAILED"


@pytest.mark.parametrize("stage", ORDER)
def test_a_newer_deployment_takes_its_place(stage: str) -> None:
    plan = Plan(BLUE_GREEN, hooks=(Hook((stage,), 60.0),), reconcile=True)
    state = next(one for one in run(plan) if one.stage == stage)
    after = superseded(state)
    assert after.status == ("SUCCESSFUL" if stage == CLEAN_UP else "STOPPED")
    assert not after.pauses
    assert all(one.status == FAILED for one in after.past)
    assert superseded(after) == after


@pytest.mark.parametrize("stage", [RECONCILE_SERVICE, SCALE_UP])
def test_a_stage_lasts_at_most_a_day(stage: str) -> None:
    plan, slow = Plan(BLUE_GREEN, reconcile=True), Seen(0.0, reconciled=stage != RECONCILE_SERVICE, ready=False)
    state = State("IN_PROGRESS", stage)
    for hours, status in ((24.0, "IN_PROGRESS"), (24.1, "ROLLBACK_IN_PROGRESS")):
        after = next_stage(plan, state, dataclasses.replace(slow, now=hours * 3600), ids())
        assert after.status == status


def test_a_deployment_lasts_at_most_thirty_days() -> None:
    plan, day = Plan(BLUE_GREEN, hooks=(Hook(("POST_SCALE_UP",), 14 * 86400.0),)), 86400.0
    paused = next(one for one in run(plan) if one.stage == "POST_SCALE_UP")
    paused = dataclasses.replace(paused, began=0.0, pauses=(Pause("ecs-pause-1", "POST_SCALE_UP", 40 * day),))
    for days, status in ((30.0, "IN_PROGRESS"), (30.1, "ROLLBACK_IN_PROGRESS")):
        assert next_stage(plan, paused, dataclasses.replace(WELL, now=days * day), ids()).status == status


def test_hooks_of_a_configuration() -> None:
    """Only pauses; a day and ROLLBACK where nothing is said."""
    stage = {"lifecycleStages": ["PRE_SCALE_UP"]}
    said = {"timeoutInMinutes": 20160, "action": CONTINUE}
    hooks = [{"targetType": "PAUSE", **stage}, {"targetType": "PAUSE", **stage, "timeoutConfiguration": said}]
    found = hooks_of({"lifecycleHooks": [*hooks, {"hookTargetArn": "f", **stage}]}, lambda count: count * 60)
    assert found == (
        Hook(("PRE_SCALE_UP",), 24 * 3600.0, ROLLBACK),
        Hook(("PRE_SCALE_UP",), 14 * 24 * 3600.0, CONTINUE),
    )


def test_an_end_is_an_end() -> None:
    for status in stages.ENDED:
        state = State(status, CLEAN_UP)
        assert next_stage(Plan(BLUE_GREEN), state, dataclasses.replace(WELL, now=1e9), ids()) is state
