"""What an operator's command leaves behind: whole records, results and texts, and what it asks of ECS."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.aws.patience import Unknown
from sluice.aws.tasks import Place
from sluice.clock import Halt
from sluice.diagnosis.verdict import StepFailed
from sluice.errors import Superseded
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.operator_run import Order, RunCancelled, operate
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord
from sluice.migration.run import RunResult, StepResult
from tests.unit.sluice.migration.simulation import (
    CLUSTER,
    DEFINITION,
    Clock,
    Ecs,
    Records,
    Script,
    client_error,
    failing,
)

PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), ("sg-1",), False)
STEP = Step("provision", ("migrate", "provision"), attempts=1, timeout=600)
EXPIRED = client_error("ExpiredTokenException", "x")


class Stage:
    def __init__(self, *scripts: Script) -> None:
        self.clock, self.records = Clock(), Records()
        self.ecs = Ecs(self.clock, list(scripts))
        self.log: list[tuple[str, bool]] = []
        self.stopped_in: list[str] = []
        stop = self.ecs.stop_task

        def stop_task(cluster: str, task: str, reason: str) -> dict[str, Any]:
            self.stopped_in.append(cluster)
            return stop(cluster, task, reason)

        self.ecs.stop_task = stop_task  # type: ignore[method-assign]

    def run(self, step: Step = STEP, image: str = "repo@sha256:a", read_only: bool = False) -> RunResult:
        to = Deployer(self.ecs, self.ecs, self.records, self.clock, self._say, "ann@host", owner="a")  # type: ignore[arg-type]
        return operate(to, Order(step, image, read_only), PLACE)

    def _say(self, *line: Any) -> None:
        self.log.append(line)

    def cancelled(self, **order: Any) -> str:
        with pytest.raises(RunCancelled) as cancelled:
            self.run(**order)
        return str(cancelled.value)

    def record(self, number: int = 1, **more: Any) -> RunRecord:
        """The record of the command that began at once, with the nonce that it was given."""
        nonce = self.records.runs[number].nonce
        assert re.fullmatch("[0-9a-f]{8}", nonce)
        return replace(
            RunRecord(
                number, "run", "", "sha256:a", "ann@host", 1_000_000, "run", ("provision",), nonce=nonce, owner="a",
                message="migrate provision", command="migrate provision",
            ),
            **more,
        )  # fmt: skip

    def ids(self) -> list[str]:
        return [task.arn.rpartition("/")[2] for task in self.ecs.tasks]


@pytest.mark.parametrize("image", ["repo@sha256:a", "sha256:a"])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_commands_record_and_result(image: str, read_only: bool) -> None:
    stage, created = Stage(Script(runs=2)), list[RunRecord]()
    create = stage.records.create

    def recorded(run: RunRecord) -> bool:
        created.append(run)
        return create(run)

    stage.records.create = recorded  # type: ignore[method-assign]
    result = stage.run(image=image, read_only=read_only)
    assert created == [stage.record(read_only=read_only)]
    ended = round(stage.clock.now())
    assert stage.records.runs[1] == stage.record(read_only=read_only, state="succeeded", finished=ended)
    subject = MigrationSubject(image, (STEP,), {}, {}, "")
    [task] = stage.ids()
    step = StepResult("provision", (task,), (0,), 1, 2, (f"migration/app/{task}",))
    assert result == RunResult(1, subject.fingerprint, (step,))
    assert stage.log[0] == ("run 1: migrate provision", False)


def test_a_records_message_is_the_first_200_characters_of_the_command() -> None:
    stage = Stage(Script())
    stage.run(step=replace(STEP, command=("m" * 300,)))
    assert (stage.records.runs[1].message, stage.records.runs[1].command) == ("m" * 200, "m" * 300)


def test_a_dead_commands_run_is_closed_and_the_log_says_so() -> None:
    stage = Stage(Script())
    left = RunRecord(1, "run", "", "sha256:a", "bob@laptop", 999_000, phase="run", nonce="n", owner="b", idle=True)
    stage.records.save(left)
    assert stage.run().number == 2
    assert stage.log[:2] == [("closing run 1 of bob@laptop", False), ("run 2: migrate provision", False)]


def test_a_number_that_another_deployer_took_is_left_to_it() -> None:
    stage = Stage(Script())
    other = RunRecord(1, "up", "f", "sha256:b", "bob@host", 999_999, state="succeeded", owner="b")
    stage.records.save(other)
    everything = stage.records.all
    stage.records.all = lambda: [run for run in everything() if run.number != 1]  # type: ignore[method-assign]
    assert stage.run().number == 2
    assert stage.records.runs[1] == other
    assert stage.records.runs[2].started == 1_000_001, "it waited for a second"


def test_ctrl_c_before_the_record_starts_nothing() -> None:
    stage = Stage()
    stage.clock.halts = {0: Halt.STOP}
    assert stage.cancelled() == "cancelled; nothing was started"
    assert stage.records.runs == {}


def test_ctrl_c_after_the_record_and_before_the_task_closes_the_record() -> None:
    stage = Stage()
    create = stage.records.create

    def interrupted(run: RunRecord) -> bool:
        stage.clock.halts = {0: Halt.STOP}
        return create(run)

    stage.records.create = interrupted  # type: ignore[method-assign]
    assert stage.cancelled() == "cancelled: no task was running"
    assert stage.records.runs[1] == stage.record(
        state="failed", finished=1_000_000, message="cancelled: migrate provision"
    )


@pytest.mark.parametrize("shards", [1, 2])
def test_ctrl_c_waits_until_the_tasks_have_stopped_and_sees_it_soon(shards: int) -> None:
    stage = Stage(*[Script(hangs=True, stop_takes=21)] * shards)
    stage.clock.halts = {5: Halt.STOP}
    assert stage.cancelled(step=replace(STEP, shards=shards)) == f"cancelled: task {', '.join(stage.ids())} has stopped"
    assert 26 <= stage.clock.elapsed < 32
    ended = round(stage.clock.now())
    assert stage.records.runs[1] == stage.record(state="failed", finished=ended, message="cancelled: migrate provision")
    assert stage.stopped_in == [CLUSTER] * shards


def test_ctrl_c_gives_a_task_that_is_not_listed_yet_a_minute_to_show() -> None:
    stage = Stage(Script(hangs=True, stop_takes=10))
    stage.clock.halts = {5: Halt.STOP}
    stage.clock.step = 5
    describe = stage.ecs.describe_tasks

    def unlisted(**request: Any) -> dict[str, Any]:
        return {"tasks": [], "failures": []} if stage.stopped_in else describe(**request)

    stage.ecs.describe_tasks = unlisted  # type: ignore[method-assign, assignment]
    assert stage.cancelled() == f"cancelled: task {stage.ids()[0]} has stopped"
    assert stage.clock.elapsed == 5 + 65


def test_a_task_that_will_not_stop_keeps_the_record_open() -> None:
    stage = Stage(*[Script(hangs=True, stop_takes=10_000)] * 2)
    stage.clock.halts = {5: Halt.STOP}
    stage.clock.step = 5
    assert stage.cancelled(step=replace(STEP, shards=2)) == (
        f"cancelled; task {', '.join(stage.ids())} was asked to stop; run 1 stays open until it has stopped"
    )
    assert stage.clock.elapsed == 5 + 195
    assert stage.records.runs[1].open


def test_a_task_of_a_run_that_was_taken_over_is_stopped_with_the_reason() -> None:
    stage = Stage(Script(hangs=True))
    wait = stage.clock.wait

    def suspended(seconds: float) -> None:
        wait(seconds)
        if stage.clock.elapsed > 5 and stage.records.runs[1].owner != "b":
            stage.records.save(replace(stage.records.runs[1], author="bob@host", owner="b"))
            stage.clock.time += 60

    stage.clock.wait = suspended  # type: ignore[method-assign]
    with pytest.raises(Superseded):
        stage.run()
    assert stage.ecs.tasks[0].stop_reason == "Sluice: its run was closed by somebody else"
    assert stage.stopped_in == [CLUSTER]
    assert stage.records.runs[1] == stage.record(author="bob@host", owner="b"), "its new owner records the end"


@pytest.mark.parametrize("text", ["one", "one\ntwo", "one\ntwo\nthree"])
def test_a_run_whose_task_never_started_is_closed_with_the_errors_first_line(text: str) -> None:
    stage = Stage()
    refused = ClientError({"Error": {"Code": "AccessDeniedException", "Message": text}}, "DescribeTaskDefinition")
    stage.ecs.describe_task_definition = failing(refused)  # type: ignore[method-assign]
    with pytest.raises(ClientError):
        stage.run()
    assert stage.records.runs[1] == stage.record(
        state="failed",
        finished=1_000_000,
        message="An error occurred (AccessDeniedException) when calling the DescribeTaskDefinition operation: one",
    )


def test_an_outage_says_what_it_leaves() -> None:
    stage = Stage(Script(hangs=True))
    stage.ecs.trouble = lambda call: EXPIRED if stage.clock.elapsed > 5 else None
    with pytest.raises(Unknown) as unknown:
        stage.run()
    assert str(unknown.value) == (
        "the AWS credentials expired while watching migration step 'provision': the result is unknown. What was "
        "started keeps running. Fix: log in again and run `pulumi up`, which continues there\n"
        "  The command's task keeps running; run 1 stays open and blocks other runs until the task has stopped. Its "
        "log shows the result"
    )


# -- what was being done when the credentials expired


def before(stage: Stage) -> None:
    stage.records.all = failing(EXPIRED)  # type: ignore[method-assign]


def while_cancelling(stage: Stage) -> None:
    stage.clock.halts = {5: Halt.STOP}
    stage.ecs.trouble = lambda call: EXPIRED if call == "describe_tasks" and stage.stopped_in else None


def after_cancelling(stage: Stage) -> None:
    stage.clock.halts = {5: Halt.STOP}
    with_steps = stage.records.with_steps

    def expired(run: RunRecord) -> RunRecord:
        if stage.stopped_in:
            raise EXPIRED
        return with_steps(run)

    stage.records.with_steps = expired  # type: ignore[method-assign]


def at_the_end(stage: Stage) -> None:
    stage.clock.halts = {5: Halt.STOP}
    save = stage.records.save

    def expired(run: RunRecord) -> None:
        if run.state == "failed":
            raise EXPIRED
        save(run)

    stage.records.save = expired  # type: ignore[method-assign]


def superseded(stage: Stage) -> None:
    stage.ecs.stop_task = failing(EXPIRED)  # type: ignore[method-assign]
    wait = stage.clock.wait

    def suspended(seconds: float) -> None:
        wait(seconds)
        stage.records.save(replace(stage.records.runs[1], owner="b"))
        stage.clock.time += 60

    stage.clock.wait = suspended  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("arrange", "doing"),
    [
        (before, "reading the run records"),
        (while_cancelling, "waiting for the tasks to stop"),
        (after_cancelling, "reading the run records"),
        (at_the_end, "keeping the run records"),
        (superseded, "stopping the tasks"),
    ],
)
def test_expired_credentials_say_what_was_being_done(arrange: Callable[[Stage], None], doing: str) -> None:
    stage = Stage(Script(hangs=True))
    arrange(stage)
    with pytest.raises(Unknown, match=rf"^the AWS credentials expired while {doing}: "):
        stage.run()


def test_a_failed_commands_record_has_the_verdict_and_the_time() -> None:
    stage = Stage(Script(runs=3, exit=7))
    with pytest.raises(StepFailed):
        stage.run()
    ended = stage.records.runs[1].finished
    assert ended is not None
    assert 1_000_003 <= ended <= round(stage.clock.now())
    assert stage.records.runs[1] == stage.record(
        state="failed", finished=ended, message="migration step 'provision' failed: exit code 7"
    )
