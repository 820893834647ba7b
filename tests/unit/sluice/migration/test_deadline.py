"""The deadline of all steps together: what runs is stopped, and what would only be interrupted is not begun."""

from __future__ import annotations

import pytest

from sluice.diagnosis.verdict import StepFailed
from tests.unit.sluice.migration.simulation import Script
from tests.unit.sluice.rollout.deploying import MASTER, VERIFY, Stage, subject

CAPACITY = [{"reason": "Capacity is unavailable at this time. Please try again later"}]


def test_a_step_under_way_is_stopped_at_the_deadline_before_its_own_time_out() -> None:
    stage = Stage(Script(runs=50), Script(hangs=True))
    with pytest.raises(StepFailed, match="at the deadline of all steps together; it had printed nothing"):
        stage.deploy(subject(MASTER, VERIFY), deadline=70)
    stopped = stage.ecs.tasks[1].stop_asked
    assert stopped is not None
    assert stopped - stage.ecs.tasks[0].created <= 71


def test_nothing_is_begun_when_a_snapshot_took_all_the_time() -> None:
    stage = Stage(Script())
    with pytest.raises(StepFailed) as failure:
        stage.deploy(deadline=60, prepare=lambda run, definitions: stage.clock.wait(60))
    text = str(failure.value)
    assert "migration step 'master' failed: the deadline of all steps together had passed: not started" in text
    assert "raise migrationDeadline" in text
    assert "The service was not changed" in text
    assert stage.ecs.calls.count("run_task") == 0
    assert stage.records.runs[1].state == "failed"
    assert stage.records.steps == {}, "no attempt is on record that nobody made"
    assert stage.deploy(deadline=60).number == 2


def test_a_retry_that_would_come_after_the_deadline_is_not_made() -> None:
    stage = Stage(*[Script(refused=CAPACITY)] * 3)
    with pytest.raises(StepFailed, match="not started; 1 start had failed"):
        stage.deploy(deadline=0.5)
    assert stage.ecs.calls.count("run_task") == 1
    assert stage.clock.elapsed < 2, "there is nothing to wait for"
