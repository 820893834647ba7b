"""Runs on simulated time: success, failure, time-outs, shards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sluice.diagnosis.verdict import StepFailed
from sluice.errors import GateError
from tests.unit.sluice.migration.simulation import DEFINITION, Script, Task, client_error
from tests.unit.sluice.rollout.deploying import MASTER, VERIFY, Stage, subject


def test_steps_run_in_order_and_are_recorded() -> None:
    stage = Stage(Script(runs=2, lines=["one", "two"]), Script(runs=1))
    result = stage.deploy(subject(MASTER, VERIFY))
    assert [task.command for task in stage.ecs.tasks] == [["migrate", "master"], ["migrate", "verify"]]
    assert stage.ecs.tasks[1].created >= stage.ecs.tasks[0].created + 2
    assert [(step.name, step.exit_codes, step.attempts) for step in result.steps] == [
        ("master", (0,), 1),
        ("verify", (0,), 1),
    ]
    assert stage.records.runs[1].state == "succeeded"
    assert [line for line in stage.lines if " | " in line] == ["master | one", "master | two"]


def test_what_prepares_a_run_gets_the_task_definitions_that_it_has_read() -> None:
    stage = Stage(Script())
    given: list[Any] = []
    stage.deploy(prepare=lambda run, definitions: given.append((run.number, definitions)))
    assert given == [(1, {DEFINITION: stage.ecs.describe_task_definition(taskDefinition=DEFINITION)["taskDefinition"]})]


def test_the_end_is_seen_soon() -> None:
    stage = Stage(Script(runs=2))
    stage.deploy()
    assert stage.clock.elapsed <= 2.5


def test_a_failed_step_stops_the_rest() -> None:
    stage = Stage(Script(exit=3, lines=["Traceback", "boom at line 7"]), Script())
    with pytest.raises(StepFailed) as failure:
        stage.deploy(subject(MASTER, VERIFY))
    text = str(failure.value)
    assert "migration step 'master' failed: exit code 3" in text
    assert "boom at line 7" in text
    assert f"stream migration/app/{stage.ecs.tasks[0].arn.rpartition('/')[2]}" in text
    assert "The service was not changed" in text
    assert len(stage.ecs.tasks) == 1
    assert stage.records.runs[1].state == "failed"
    assert stage.records.runs[1].message == "migration step 'master' failed: exit code 3"


def test_a_migration_that_ran_and_failed_is_not_repeated() -> None:
    stage = Stage(Script(exit=1), Script(exit=0))
    with pytest.raises(StepFailed):
        stage.deploy()
    assert len(stage.ecs.tasks) == 1


def test_the_same_up_again_is_the_retry() -> None:
    stage = Stage(Script(exit=1), Script(exit=0))
    with pytest.raises(StepFailed):
        stage.deploy()
    assert stage.deploy().number == 2


def test_a_start_failure_is_tried_again_with_a_pause() -> None:
    stage = Stage(Script(fails_to_start="CannotPullContainerError: timeout"), Script())
    result = stage.deploy()
    assert result.steps[0].attempts == 2
    assert stage.ecs.tasks[1].created - stage.ecs.tasks[0].created >= 2


def test_no_capacity_is_waited_out_for_minutes_and_then_explained() -> None:
    capacity = [{"reason": "Capacity is unavailable at this time. Please try again later"}]
    stage = Stage(*[Script(refused=capacity)] * 40)
    with pytest.raises(StepFailed, match="no Fargate capacity"):
        stage.deploy()
    assert 300 <= stage.clock.elapsed < 340
    assert 12 < stage.ecs.calls.count("run_task") < 40


def test_capacity_that_comes_after_two_minutes_is_taken() -> None:
    capacity = [{"reason": "Capacity is unavailable at this time. Please try again later"}]
    stage = Stage(*[Script(refused=capacity)] * 8, Script())
    stage.deploy()
    assert stage.clock.elapsed > 100
    assert len(stage.ecs.tasks) == 1


def test_other_refusals_are_tried_as_often_as_the_step_says() -> None:
    stage = Stage(*[Script(refused=[{"reason": "something new"}])] * 3)
    with pytest.raises(StepFailed, match="something new"):
        stage.deploy()
    assert stage.ecs.calls.count("run_task") == 3


def test_a_hang_is_stopped_awaited_and_explained() -> None:
    stage = Stage(Script(hangs=True, stop_takes=30, exit=143))
    with pytest.raises(StepFailed) as failure:
        stage.deploy()
    assert "timed out after 1 min 00 s; it had printed nothing" in str(failure.value)
    assert stage.ecs.tasks[0].stop_asked is not None
    assert stage.clock.elapsed >= 90, "it must wait for STOPPED"


def test_exit_0_after_the_time_out_is_still_a_failure() -> None:
    stage = Stage(Script(hangs=True, exit=0))
    with pytest.raises(StepFailed, match="timed out"):
        stage.deploy()


@pytest.mark.parametrize(("exit", "said"), [(0, "exit code 0"), (3, "exit code 3")])
def test_a_task_that_ended_while_the_deployer_slept_is_judged_by_its_own_end(
    exit: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer of a look was on its way when the process was suspended, until after the time-out."""
    stage = Stage(Script(runs=3, exit=exit))
    describe = stage.ecs.describe_tasks

    def sleeps(**request: Any) -> Any:
        answer = describe(**request)
        if answer["tasks"] and answer["tasks"][0]["lastStatus"] == "RUNNING":
            stage.clock.time += 100
        return answer

    monkeypatch.setattr(stage.ecs, "describe_tasks", sleeps)
    if exit:
        with pytest.raises(StepFailed, match=said):
            stage.deploy()
    else:
        stage.deploy()
    assert stage.records.runs[1].state == ("failed" if exit else "succeeded")
    assert any("ended by itself before it was stopped" in line for line in stage.lines)
    assert "stop_task" in stage.ecs.calls


def test_a_stop_that_never_comes_has_a_deadline() -> None:
    stage = Stage(Script(hangs=True, stop_takes=10_000))
    with pytest.raises(GateError, match="has not stopped"):
        stage.deploy()
    assert stage.records.runs[1].state == "running", "the next up must find the task before it starts another"
    with pytest.raises(GateError, match="has not stopped"):
        stage.deploy()
    assert len(stage.ecs.tasks) == 1


def test_no_exit_code_is_failure() -> None:
    with pytest.raises(StepFailed, match="no exit code"):
        Stage(Script(exit=None)).deploy()


def test_shards_run_side_by_side_and_a_failed_one_is_named() -> None:
    sharded = replace(MASTER, shards=3)
    stage = Stage(Script(runs=10), Script(runs=10, exit=1), Script(runs=10))
    with pytest.raises(StepFailed, match="shard 1 of 3, failed: exit code 1"):
        stage.deploy(subject(sharded))
    assert {task.environment["SHARD_INDEX"] for task in stage.ecs.tasks} == {"0", "1", "2"}
    assert {task.environment["SHARD_COUNT"] for task in stage.ecs.tasks} == {"3"}
    assert stage.clock.elapsed < 20


def test_many_failed_shards_wait_for_their_late_lines_together() -> None:
    """And their verdicts are on record before that wait: a deployer that dies in it leaves no doubt."""
    stage, kept = Stage(*[Script(runs=10, exit=1)] * 50), []
    stage.records.on_save_step = lambda: kept.append(stage.clock.elapsed)
    with pytest.raises(StepFailed):
        stage.deploy(subject(replace(MASTER, shards=50)))
    assert max(kept) < 13
    assert stage.clock.elapsed < 20


def test_a_shard_that_hangs_is_stopped_in_time_while_others_fail() -> None:
    stage = Stage(*[Script(runs=58, exit=1)] * 20, Script(hangs=True))
    with pytest.raises(StepFailed, match="shard 20 of 21, failed: timed out after 1 min 00 s"):
        stage.deploy(subject(replace(MASTER, shards=21)))
    asked = stage.ecs.tasks[20].stop_asked
    assert asked is not None
    assert asked - stage.ecs.tasks[20].created < 62


def test_the_retry_of_a_sharded_step_is_a_new_run_of_every_shard() -> None:
    stage = Stage(Script(), Script(exit=1), Script(), Script())
    sharded = subject(replace(MASTER, shards=2))
    with pytest.raises(StepFailed):
        stage.deploy(sharded)
    stage.deploy(sharded)
    assert len(stage.ecs.tasks) == 4


@pytest.mark.parametrize(
    "error",
    [client_error("ThrottlingException", "DescribeTasks"), client_error("InternalError", "DescribeTasks", 500)],
    ids=["throttled", "server error"],
)
def test_short_troubles_are_waited_out(error: Exception) -> None:
    stage = Stage(Script(runs=5))
    troubles = iter([error] * 5)
    stage.ecs.trouble = lambda call: next(troubles, None) if call == "describe_tasks" else None
    assert stage.deploy().steps[0].exit_codes == (0,)


def test_a_refusal_of_aws_is_passed_on() -> None:
    stage = Stage(Script())
    refusal: Callable[[str], Exception | None] = lambda call: (  # noqa: E731
        client_error("AccessDeniedException", "RunTask") if call == "run_task" else None
    )
    stage.ecs.trouble = refusal
    with pytest.raises(Exception, match="AccessDenied"):
        stage.deploy()


def test_progress_says_where_it_is() -> None:
    stage = Stage(Script(runs=30), Script())
    stage.deploy(subject(MASTER, VERIFY))
    assert any(line.startswith("step 1 of 2 (master), ") and line.endswith(": running") for line in stage.progress)


def test_a_container_that_is_not_in_the_task_definition_is_named() -> None:
    stage = Stage(Script())
    stage.ecs.containers = ({"name": "web"},)
    with pytest.raises(GateError, match="no container 'app'; it has web"):
        stage.deploy()


def test_a_step_with_a_revision_of_its_own_runs_on_that() -> None:
    stage = Stage(Script(), Script())
    own = replace(MASTER, name="bootstrap", task_definition="arn:td/bootstrap:3")
    asked: list[str] = []
    run_task = stage.ecs.run_task

    def recorded(**request: object) -> dict[str, object]:
        asked.append(str(request["taskDefinition"]))
        return run_task(**request)

    stage.ecs.run_task = recorded  # type: ignore[method-assign]
    stage.deploy(subject(own, MASTER))
    assert asked == ["arn:td/bootstrap:3", DEFINITION]


def test_one_answer_without_the_task_is_not_its_end() -> None:
    stage = Stage(Script(runs=20))
    describe, count = stage.ecs.describe_tasks, 0

    def sometimes(cluster: str, tasks: list[str]) -> dict[str, object]:
        nonlocal count
        count += 1
        return {"tasks": [], "failures": []} if count % 3 == 2 else describe(cluster, tasks)

    stage.ecs.describe_tasks = sometimes  # type: ignore[method-assign]
    assert stage.deploy().steps[0].exit_codes == (0,)


def test_the_steps_own_container_is_judged_although_it_is_not_essential() -> None:
    stage = Stage(Script(exit=1))
    ours = {**stage.ecs.containers[0], "essential": False}
    stage.ecs.containers = (ours, {"name": "proxy", "essential": True})
    view = stage.ecs._view

    def with_side_car(task: Task) -> dict[str, Any]:
        shown = view(task)
        return shown | {"containers": [*shown["containers"], {"name": "proxy", "exitCode": 0}]}

    stage.ecs._view = with_side_car  # type: ignore[method-assign]
    with pytest.raises(StepFailed, match="container app ended with exit code 1"):
        stage.deploy()
