"""What fails after its proof is rolled back: while a person is waited for, and after all users were shifted."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from tests.unit.sluice.rollout.strategy.deployments import NEW, OLD
from tests.unit.sluice.rollout.strategy.shifting import Stage
from tests.unit.sluice.rollout.strategy.stopping import CRASHED, stopping


def failed(stage: Stage, **more: Any) -> str:
    with pytest.raises(RolloutFailed) as failure:
        stage.roll_out(**more)
    return str(failure.value)


@pytest.mark.parametrize("kind", ["blueGreen", "canary", "linear"])
def test_a_task_that_ends_by_itself_is_rolled_back_while_the_old_tasks_run(kind: str) -> None:
    stage = Stage(kind, stepPercent=50)
    stopping(stage, 20.0, CRASHED)
    text = failed(stage)
    assert "while all users reach it: a task of it had to be replaced: Essential container in task exited" in text
    assert "notes:7 serves again; up to 100 % of users' requests reached notes:8." in text
    assert stage.calls("StopServiceDeployment") == ["ROLLBACK"]
    assert stage.serves == OLD


def test_a_task_that_ends_while_the_old_tasks_stop_is_rolled_back_by_a_deployment() -> None:
    stage = Stage(bakeMinutes=1)
    stage.cloud.clean_up_seconds = 60.0
    stopping(stage, 90.0, CRASHED)
    text = failed(stage)
    assert "a task of it had to be replaced" in text
    assert stage.calls("UpdateService") == [NEW, OLD]
    assert stage.serves == OLD


def test_a_task_that_the_service_itself_stops_says_nothing() -> None:
    stage = Stage()
    stopping(stage, 20.0, {**CRASHED, "stopCode": "ServiceSchedulerInitiated", "stoppedReason": "Scaling"})
    stage.roll_out()
    assert stage.serves == NEW


@pytest.mark.parametrize(("wrong", "serves"), [((5,), NEW), ((5, 12, 19), NEW), ((5, 6), OLD), ((5, 9), OLD)])
def test_one_wrong_answer_a_minute_is_a_hiccup_and_two_are_rolled_back(wrong: tuple[int, ...], serves: str) -> None:
    stage = Stage()
    asked, answer = list[bool](), stage.cloud.answer

    def users(test: bool) -> Answer:
        found = answer(test)
        if test:
            return found
        asked.append(test)
        # The first three are the proof; the next ones are asked in the bake time.
        return Answer(500, "no database") if len(asked) in wrong else found

    stage.cloud.answer = users  # type: ignore[method-assign]
    if serves == NEW:
        stage.roll_out()
    else:
        text = failed(stage)
        assert "while all users reach it: 2 of " in text
        assert "answered 500 instead of 200" in text
    assert stage.serves == serves


def test_targets_that_stay_unhealthy_are_rolled_back() -> None:
    stage = Stage()
    version, advance = stage.cloud.versions[NEW], stage.cloud.advance

    def failing() -> None:
        advance()
        newest = stage.cloud.deployments[0]
        version.healthy = newest.stage != "BAKE_TIME" or stage.clock.now() < newest.until - 200

    stage.cloud.advance = failing  # type: ignore[method-assign]
    assert "while all users reach it: targets: " in failed(stage)
    assert stage.serves == OLD


def test_the_first_version_waits_for_nobodys_approval() -> None:
    """`sluice continue` finds a stack by its outputs, which there are after its first `pulumi up`."""
    stage = Stage("canary", first=True, approve="manual")
    stage.cloud.start(NEW)
    assert stage.roll_out().previous == ""
    assert "waits for approval" not in stage.said
    assert stage.serves == NEW


def test_a_version_that_fails_while_a_person_is_waited_for_reaches_no_user() -> None:
    stage = Stage(approve="manual")
    answer = stage.cloud.answer

    def failing(test: bool) -> Answer:
        found = answer(test)
        waits = "waits for approval" in stage.said
        return Answer(503, "no licence") if test and waits else found

    stage.cloud.answer = failing  # type: ignore[method-assign]
    text = failed(stage)
    assert "while it waits for approval: 2 of 2 checks were bad" in text
    assert "answered 503 instead of 200" in text
    assert "notes:7 keeps serving; no user reached notes:8." in text
    assert stage.calls("ContinueServiceDeployment") == [("ROLLBACK", "POST_TEST_TRAFFIC_SHIFT")]
    assert stage.serves == OLD
