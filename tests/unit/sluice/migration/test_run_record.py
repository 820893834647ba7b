"""What a run leaves behind: whole records, results and texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sluice.aws.patience import Unknown
from sluice.clock import Halt
from sluice.diagnosis.verdict import StepFailed
from sluice.errors import GateError, Interrupted
from sluice.inputs.step import Step
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord
from sluice.migration.run import RunResult, StepResult
from tests.unit.sluice.migration.one_run import BOTH, EXPIRED, Stage
from tests.unit.sluice.migration.simulation import DEFINITION, Script, failing
from tests.unit.sluice.rollout.deploying import MASTER, subject


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_runs_record_and_result(phase: str) -> None:
    stage, created = Stage(Script(runs=2), Script(runs=4)), list[RunRecord]()
    create = stage.records.create

    def recorded(run: RunRecord) -> bool:
        created.append(run)
        return create(run)

    stage.records.create = recorded  # type: ignore[method-assign]
    assert stage.run(phase=phase) == stage.result(1, 2, 4)
    assert created == [stage.record(phase=phase)]
    ended = round(stage.clock.now())
    assert stage.records.runs[1] == stage.record(phase=phase, state="succeeded", finished=ended)


def test_a_failed_runs_record_has_the_verdict_and_the_time() -> None:
    stage = Stage(Script(runs=3, exit=7))
    with pytest.raises(StepFailed):
        stage.run()
    ended = round(stage.clock.now())
    assert ended >= 1_000_003
    assert stage.records.runs[1] == stage.record(
        state="failed", finished=ended, message="migration step 'master' failed: exit code 7"
    )


def test_a_success_that_is_taken_has_the_same_result() -> None:
    stage = Stage(Script(runs=2), Script(runs=4))
    first = stage.run()
    stage.log.clear()
    assert stage.run() == first == stage.result(1, 2, 4)
    assert stage.log == [("run 1 of the same image and steps has already succeeded: no step runs", False)]


def test_the_result_of_a_success_whose_steps_are_not_on_record_is_empty() -> None:
    stage = Stage(Script(), Script())
    stage.run()
    stage.records.steps = {(1, "verify"): StepRecord("verify", (TaskRecord(0, 2, "t", exit=0, done="succeeded"),))}
    assert stage.run() == RunResult(
        1,
        BOTH.fingerprint,
        (StepResult("master", (), (), 0, 0, ()), StepResult("verify", ("t",), (0,), 2, 0, ("migration/app/t",))),
    )


def test_the_result_names_the_longest_shard_and_no_stream_of_a_log_that_is_not_in_cloudwatch() -> None:
    stage = Stage(Script(runs=2), Script(runs=9), Script(runs=4))
    stage.ecs.containers = ({"name": "app", "essential": True},)
    [step] = stage.run(subject(replace(MASTER, shards=3))).steps
    ids = tuple(task.arn.rpartition("/")[2] for task in stage.ecs.tasks)
    assert step == StepResult("master", ids, (0, 0, 0), 1, 9, ())


def test_a_run_that_is_taken_over_is_the_new_deployers() -> None:
    stage = Stage(Script(runs=2), Script(runs=4))
    left = RunRecord(
        1, "up", BOTH.fingerprint, "sha256:a", "bob@host", 999_000, steps=("master", "verify"), nonce="n", owner="b",
        idle=True,
    )  # fmt: skip
    stage.records.save(left)
    saved: list[RunRecord] = []
    save = stage.records.save

    def recorded(run: RunRecord) -> None:
        saved.append(run)
        save(run)

    stage.records.save = recorded  # type: ignore[method-assign]
    stage.run()
    mine = replace(left, author="ann@host", owner="a", idle=False)
    assert saved == [mine, replace(mine, state="succeeded", finished=round(stage.clock.now()))]
    assert stage.log[0] == ("taking over run 1, started by bob@host", False)


# -- the task definitions


def test_every_steps_task_definition_is_read_once_and_its_own_container_and_stop_timeout_count() -> None:
    stage = Stage(Script(runs=1), Script(runs=50))
    asked: list[dict[str, str]] = []
    names = {DEFINITION: "app", "arn:td/own:3": "tool"}

    def describe(**request: str) -> dict[str, Any]:
        asked.append(request)
        container = {"name": names[request["taskDefinition"]], "essential": True, "stopTimeout": 120}
        return {"taskDefinition": {"containerDefinitions": [container]}}

    stage.ecs.describe_task_definition = describe  # type: ignore[method-assign]
    started: list[str] = []
    run_task = stage.ecs.run_task

    def recorded(**request: Any) -> dict[str, Any]:
        started.append(request["overrides"]["containerOverrides"][0]["name"])
        return run_task(**request)

    stage.ecs.run_task = recorded  # type: ignore[method-assign]
    own = Step("own", ("x",), task_definition="arn:td/own:3", container="tool", timeout=60)
    stage.clock.halts = {5: Halt.STOP}
    with pytest.raises(Interrupted, match="was asked to stop, and may run up to 120 s more"):
        stage.run(subject(replace(own, name="first"), replace(own, name="second"), MASTER))
    assert asked == [{"taskDefinition": "arn:td/own:3"}, {"taskDefinition": DEFINITION}]
    assert started == ["tool"]


def test_a_missing_container_is_named_with_those_that_there_are() -> None:
    stage = Stage()
    stage.ecs.containers = ({"name": "web"}, {"name": "proxy"})
    with pytest.raises(GateError) as refused:
        stage.run()
    assert str(refused.value) == "the migration task definition has no container 'app'; it has web, proxy"


# -- what was being done when the credentials expired


def list_runs(stage: Stage) -> None:
    stage.records.all = failing(EXPIRED)  # type: ignore[method-assign]


def look_for_older_runs(stage: Stage) -> None:
    everything = stage.records.all

    def expired() -> list[RunRecord]:
        if stage.records.runs:
            raise EXPIRED
        return everything()

    stage.records.all = expired  # type: ignore[method-assign]


def read_task_definitions(stage: Stage) -> None:
    stage.ecs.describe_task_definition = failing(EXPIRED)  # type: ignore[method-assign]


def record_success(stage: Stage) -> None:
    stage.records.save = failing(EXPIRED)  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("arrange", "doing"),
    [
        (list_runs, "reading the run records"),
        (look_for_older_runs, "reading the run records"),
        (read_task_definitions, "reading the task definitions"),
        (record_success, "keeping the run records"),
    ],
)
def test_expired_credentials_say_what_was_being_done(arrange: Callable[[Stage], None], doing: str) -> None:
    stage = Stage(Script(), Script())
    arrange(stage)
    with pytest.raises(Unknown, match=rf"^the AWS credentials expired while {doing}: "):
        stage.run()
