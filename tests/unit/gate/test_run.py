"""Runs on simulated time: success, failure, time-outs, interruptions, and deployers that die at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gate.clock import Halt
from gate.deployer import Deployer
from gate.errors import GateError, Interrupted
from gate.fingerprint import Subject
from gate.patience import Unknown
from gate.record import RunRecord
from gate.run import Prepare, RunResult, migrate
from gate.step import Step
from gate.tasks import Place
from gate.verdict import StepFailed
from tests.unit.gate.simulation import CLUSTER, DEFINITION, Clock, Ecs, Records, Script, Task, client_error

PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), ("sg-1",), False)
MASTER = Step("master", ("migrate", "master"), timeout=60)
VERIFY = Step("verify", ("migrate", "verify"), timeout=60)


def subject(*steps: Step, image: str = "a") -> Subject:
    return Subject(f"repo@sha256:{image}", steps or (MASTER,), {}, {}, "db-1")


class Stage:
    """One cloud, one store of records, any number of deployers after each other."""

    def __init__(self, *scripts: Script, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.ecs = Ecs(self.clock, list(scripts))
        self.records = Records()
        self.lines: list[str] = []
        self.progress: list[str] = []

    def deploy(
        self,
        what: Subject | None = None,
        halts: dict[float, Halt] | None = None,
        deadline: float = 0,
        prepare: Prepare | None = None,
    ) -> RunResult:
        self.clock.halts = {self.clock.elapsed + moment: halt for moment, halt in (halts or {}).items()}
        to = Deployer(self.ecs, self.ecs, self.records, self.clock, self._log, "ann@host")  # type: ignore[arg-type]
        return migrate(to, what or subject(), "before", PLACE, deadline=deadline, prepare=prepare)

    def _log(self, text: str, ephemeral: bool) -> None:
        (self.progress if ephemeral else self.lines).append(text)


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
    assert "keeps serving" in text
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


def test_refused_with_http_200_is_tried_again_and_then_explained() -> None:
    capacity = [{"reason": "Capacity is unavailable at this time. Please try again later"}]
    stage = Stage(*[Script(refused=capacity)] * 3)
    with pytest.raises(StepFailed, match="no Fargate capacity"):
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


def test_ctrl_c_stops_the_task_at_once_and_the_next_up_runs_again() -> None:
    stage = Stage(Script(hangs=True, stop_takes=40), Script())
    with pytest.raises(Interrupted, match="stopped task"):
        stage.deploy(halts={10: Halt.STOP})
    assert stage.clock.elapsed < 15
    assert stage.ecs.tasks[0].stop_asked is not None
    stage.deploy()
    assert stage.ecs.tasks[1].created >= stage.ecs.tasks[0].stop_asked + 40, "two at once"


def test_a_dying_deployer_leaves_the_task_and_the_next_adopts_it() -> None:
    stage = Stage(Script(runs=50))
    with pytest.raises(Interrupted, match="left running"):
        stage.deploy(halts={10: Halt.ABANDON})
    assert stage.ecs.tasks[0].stop_asked is None
    result = stage.deploy()
    assert len(stage.ecs.tasks) == 1
    assert (result.number, result.steps[0].exit_codes) == (1, (0,))
    assert any("going on with the task" in line for line in stage.lines)


def test_a_task_that_ended_while_nobody_looked_is_taken_as_it_ended() -> None:
    stage = Stage(Script(runs=50))
    with pytest.raises(Interrupted):
        stage.deploy(halts={10: Halt.ABANDON})
    stage.clock.time += 1000
    stage.deploy()
    assert len(stage.ecs.tasks) == 1


def test_another_image_waits_until_the_left_task_has_stopped() -> None:
    stage = Stage(Script(runs=50), Script())
    with pytest.raises(Interrupted):
        stage.deploy(halts={10: Halt.ABANDON})
    result = stage.deploy(subject(image="b"))
    assert result.number == 2
    assert stage.records.runs[1].state == "closed"
    assert stage.ecs.tasks[1].created >= stage.ecs.tasks[0].created + 50


def test_success_that_the_engine_never_heard_of_is_taken() -> None:
    stage = Stage(Script())
    first = stage.deploy()
    again = stage.deploy()
    assert len(stage.ecs.tasks) == 1
    assert again == first


def test_an_operators_run_is_refused_by_name() -> None:
    stage = Stage(Script())
    stage.records.create(RunRecord(1, "run", "x", "sha256:a", "bob@laptop", round(stage.clock.now())))
    with pytest.raises(GateError, match=r"`sluice run` by bob@laptop"):
        stage.deploy()
    assert stage.ecs.tasks == []


class Killed(BaseException):
    """SIGKILL: nothing after it runs."""


@pytest.mark.parametrize(
    "victim", ["run_task", "describe_tasks", "get_log_events", "describe_task_definition", "after"]
)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_killed_at_any_call_exactly_one_task(victim: str, nth: int) -> None:
    """Also between RunTask's effect and its answer: the intent was recorded, the token finds the task."""
    stage = Stage(Script(runs=20), Script(runs=20))
    seen = 0

    def trouble(call: str) -> Exception | None:
        nonlocal seen
        if call == victim:
            seen += 1
            if seen == nth:
                raise Killed
        return None

    def run_task_killed_after(**request: object) -> None:
        Ecs.run_task(stage.ecs, **request)
        raise Killed

    if victim == "after":
        stage.ecs.run_task = run_task_killed_after  # type: ignore[method-assign, assignment]
    stage.ecs.trouble = trouble
    try:
        stage.deploy()
    except Killed:
        stage.ecs.trouble = lambda call: None
        stage.ecs.__dict__.pop("run_task", None)
        stage.deploy()
    assert len(stage.ecs.tasks) == 1
    assert stage.records.runs[max(stage.records.runs)].state == "succeeded"


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_killed_at_any_write_of_the_record_exactly_one_task(nth: int) -> None:
    stage = Stage(Script(runs=20), Script(runs=20))
    count = 0

    def on_save() -> None:
        nonlocal count
        count += 1
        if count == nth:
            raise Killed

    stage.records.on_save_step = on_save
    try:
        stage.deploy()
    except Killed:
        stage.records.on_save_step = lambda: None
        stage.deploy()
    assert len(stage.ecs.tasks) == 1


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


def test_expired_credentials_are_not_a_failure_of_the_migration() -> None:
    stage = Stage(Script(runs=50))
    stage.ecs.trouble = lambda call: (
        client_error("ExpiredTokenException", "DescribeTasks")
        if call == "describe_tasks" and stage.clock.elapsed > 9
        else None
    )
    with pytest.raises(Unknown, match="verdict is unknown"):
        stage.deploy()
    assert stage.records.runs[1].state == "running"
    stage.ecs.trouble = lambda call: None
    stage.deploy()
    assert len(stage.ecs.tasks) == 1


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


def test_a_task_that_failed_while_nobody_looked_is_run_again() -> None:
    stage = Stage(Script(runs=50, exit=1), Script())
    with pytest.raises(Interrupted):
        stage.deploy(halts={10: Halt.ABANDON})
    stage.clock.time += 1000
    assert stage.deploy().steps[0].attempts == 2


def test_an_adopted_task_that_fails_under_our_eyes_is_a_failure() -> None:
    stage = Stage(Script(runs=50, exit=1), Script())
    with pytest.raises(Interrupted):
        stage.deploy(halts={10: Halt.ABANDON})
    with pytest.raises(StepFailed, match="exit code 1"):
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


def test_runs_that_count_anew_do_not_take_an_old_tasks_exit_for_theirs() -> None:
    stage = Stage(Script(), Script())
    stage.deploy()
    stage.records.runs.clear()
    stage.records.steps.clear()
    stage.deploy(replace(subject(), database="db-2"))
    assert len(stage.ecs.tasks) == 2


def test_an_operators_run_since_then_makes_a_success_worthless() -> None:
    stage = Stage(Script(), Script())
    stage.deploy()
    stage.records.create(RunRecord(2, "run", "x", "sha256:a", "bob@laptop", 1, state="succeeded"))
    assert stage.deploy().number == 3
    assert len(stage.ecs.tasks) == 2


def test_ctrl_c_in_the_middle_of_throttling_still_stops_every_task() -> None:
    stage = Stage(Script(hangs=True), Script(hangs=True))
    throttled = client_error("ThrottlingException", "DescribeTasks")
    stage.ecs.trouble = lambda call: throttled if call == "describe_tasks" and stage.clock.elapsed > 5 else None
    with pytest.raises(Interrupted, match="stopped task"):
        stage.deploy(subject(replace(MASTER, shards=2)), halts={6: Halt.STOP})
    assert all(task.stop_asked for task in stage.ecs.tasks)


def test_a_stop_that_aws_refuses_for_one_task_does_not_keep_the_others_running() -> None:
    stage = Stage(Script(hangs=True), Script(hangs=True))
    answers = iter([client_error("AccessDeniedException", "StopTask"), None])
    stage.ecs.trouble = lambda call: next(answers) if call == "stop_task" else None
    with pytest.raises(Interrupted, match="did not take the stop"):
        stage.deploy(subject(replace(MASTER, shards=2)), halts={6: Halt.STOP})
    assert [bool(task.stop_asked) for task in stage.ecs.tasks] == [False, True]


def test_a_task_not_listed_yet_is_waited_for_before_another_image_migrates() -> None:
    stage = Stage(Script(runs=50), Script())
    with pytest.raises(Interrupted):
        stage.deploy(halts={1: Halt.ABANDON})
    left, describe = stage.ecs.tasks[0], stage.ecs.describe_tasks
    shown_from = stage.clock.elapsed + 10

    def late(cluster: str, tasks: list[str]) -> dict[str, object]:
        return describe(cluster, tasks) if stage.clock.elapsed > shown_from else {"tasks": [], "failures": []}

    stage.ecs.describe_tasks = late  # type: ignore[method-assign]
    stage.deploy(subject(image="b"))
    assert stage.ecs.tasks[1].created >= left.created + 50


def test_the_intent_is_on_record_before_the_task_is_asked_for() -> None:
    stage = Stage(Script())
    run_task, seen = stage.ecs.run_task, []

    def recorded(**request: object) -> dict[str, object]:
        seen.append(stage.records.steps[(1, "master")].tasks)
        return run_task(**request)

    stage.ecs.run_task = recorded  # type: ignore[method-assign]
    stage.deploy()
    assert [(task.shard, task.attempt, task.task) for task in seen[0]] == [(0, 1, "")]


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
