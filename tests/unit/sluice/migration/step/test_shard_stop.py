"""Which tasks are stopped, when ECS is asked again, and what is said of the ones that run on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.clock import Halt
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.errors import GateError, Interrupted
from sluice.migration.step.shard import Shard
from sluice.migration.step.shard_stop import cancelled_by_us
from tests.unit.sluice.migration.simulation import CLUSTER, client_error
from tests.unit.sluice.migration.step.one_step import STEP, TWO, OneStep, arn, task_id

MAY_RUN = "asked to stop, and may run up to 45 s more"
LEFT = (
    ". The service was not changed. The next `pulumi up` waits until the task has stopped and runs the step again"
)  # fmt: skip


def stop(number: int, reason: str) -> dict[str, Any]:
    return {"cluster": CLUSTER, "task": arn(number), "reason": reason}


def test_a_timeout_counts_for_tasks_that_are_not_stopped_yet() -> None:
    stage = OneStep(step=TWO, until=99)
    running, begun = stage.running(), stage.clock.now()
    stage.clock.wait(10)
    stopping = stage.running(1, stopping="timed out")
    assert stage.stops.ends([running, stopping, Shard(2), Shard(3, stopping="timed out")]) == [begun + 60, begun + 99]
    assert OneStep().stops.ends([Shard(0)]) == []


def test_a_task_is_stopped_at_its_own_timeout() -> None:
    stage = OneStep(step=TWO)
    shards = [Shard(0), stage.running(1), stage.running(0)]
    shards[2].outcome = Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0)
    stage.clock.wait(59.9)
    stage.stops.expire(shards)
    assert (stage.asked, stage.said) == ([], [])
    stage.clock.wait(0.1)
    stage.stops.expire(shards)
    assert stage.asked == [("stop_task", stop(0, "Sluice: timed out after 1 min 00 s"))]
    assert stage.said == ["master[1]: timed out after 1 min 00 s: stopping the task"]
    now = stage.clock.now()
    assert (shards[1].stop_asked, shards[1].asked_again, shards[1].changed_at) == (now, now, now)


def test_a_task_is_stopped_at_the_deadline_of_all_steps() -> None:
    stage = OneStep(until=20)
    shard = stage.running()
    stage.clock.wait(19.5)
    stage.stops.expire([shard])
    assert not stage.stops.out_of_time()
    assert stage.asked == []
    stage.clock.wait(0.5)
    assert stage.stops.out_of_time()
    stage.stops.expire([shard])
    why = "timed out after 20 s, at the deadline of all steps together"
    assert stage.asked == [("stop_task", stop(0, f"Sluice: {why}"))]
    assert stage.said == [f"master: {why}: stopping the task"]
    assert shard.stopping == why


def test_a_task_that_ecs_did_not_know_yet_is_stopped_again_every_twenty_seconds() -> None:
    stage = OneStep()
    shard = stage.running()
    stage.clock.wait(60)
    stage.stops.expire([shard])
    stage.asked.clear()
    for seconds, again in ((20, 0), (0.5, 1), (20, 1), (0.5, 2)):
        stage.clock.wait(seconds)
        stage.stops.expire([shard])
        assert stage.asked == [("stop_task", stop(0, "Sluice: timed out after 1 min 00 s"))] * again
    assert len(stage.said) == 1


def test_a_task_that_does_not_stop_ends_the_deployer_after_190_seconds() -> None:
    stage = OneStep()
    shard = stage.running()
    stage.clock.wait(60)
    stage.stops.expire([shard])
    stage.clock.wait(190)
    stage.stops.expire([shard])
    stage.clock.wait(0.5)
    with pytest.raises(GateError) as failure:
        stage.stops.expire([shard])
    assert str(failure.value) == (
        f"migration step 'master' timed out after 1 min 00 s, and task {task_id(0)} has not stopped 190 s after ECS "
        "was asked to stop it. The service was not changed. Check the task in ECS; the next `pulumi up` waits until "
        "it has stopped"
    )


def over(index: int) -> Shard:
    return Shard(index, task=arn(9), outcome=Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0))


@pytest.mark.parametrize(
    ("halt", "running", "text"),
    [
        (Halt.STOP, 0, f"migration step 'master' was cancelled: no task was running{LEFT}"),
        (Halt.STOP, 1, f"migration step 'master' was cancelled: task {task_id(0)} was {MAY_RUN}{LEFT}"),
        (
            Halt.STOP,
            2,
            f"migration step 'master' was cancelled: tasks {task_id(0)}, {task_id(1)} were {MAY_RUN}{LEFT}",
        ),
        (Halt.ABANDON, 0, "the deployer is gone; left running for the next `pulumi up` to adopt: nothing"),
        (
            Halt.ABANDON,
            2,
            f"the deployer is gone; left running for the next `pulumi up` to adopt: {task_id(0)}, {task_id(1)}",
        ),
    ],
)
def test_an_interruption_names_what_runs_on(halt: Halt, running: int, text: str) -> None:
    stage = OneStep(step=replace(STEP, shards=4))
    shards = [stage.running(index) for index in range(running)] + [Shard(2), over(3)]
    stage.stops.heed_interruption(shards)
    stage.clock.halts = {0: halt}
    with pytest.raises(Interrupted) as failure:
        stage.stops.heed_interruption(shards)
    assert str(failure.value) == text
    stopped = range(running) if halt is Halt.STOP else range(0)
    assert stage.asked == [("stop_task", stop(number, "Sluice: cancelled by the user")) for number in stopped]
    assert stage.said == [f"master[{index}]: the task was {MAY_RUN}" for index in stopped]


def test_tasks_that_aws_does_not_stop_are_named() -> None:
    stage = OneStep(step=replace(STEP, shards=3))
    shards = [stage.running(index) for index in range(3)]
    denied = client_error("AccessDeniedException", "StopTask")
    answers = iter([denied, None, denied])
    stage.ecs.trouble = lambda call: next(answers)
    stage.clock.halts = {0: Halt.STOP}
    with pytest.raises(Interrupted) as failure:
        stage.stops.heed_interruption(shards)
    ids = [task_id(number) for number in range(3)]
    assert str(failure.value) == (
        f"migration step 'master' was cancelled: AWS did not accept the stop of task {ids[0]}, {ids[2]}, which keeps "
        f"running; all tasks: {', '.join(ids)}{LEFT}"
    )
    assert stage.said == [
        f"master[0]: could not stop the task: {denied}",
        f"master[1]: the task was {MAY_RUN}",
        f"master[2]: could not stop the task: {denied}",
    ]


@pytest.mark.parametrize(
    ("task", "ours"),
    [
        ({"stoppedReason": "Sluice: cancelled by the user"}, True),
        ({"stoppedReason": "Sluice: timed out after 5 s"}, False),
        ({"stoppedReason": None}, False),
        ({}, False),
    ],
)
def test_a_cancelled_task_is_known_by_its_reason(task: dict[str, Any], ours: bool) -> None:
    assert cancelled_by_us(task) is ours
