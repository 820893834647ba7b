"""Interruptions and deployers that die at any moment: never two at once, never one lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.aws.patience import Unknown
from sluice.aws.tasks import stop_seconds, token
from sluice.clock import Halt
from sluice.diagnosis.verdict import StepFailed
from sluice.errors import GateError, Interrupted
from sluice.migration.records.record import RunRecord, StepRecord
from tests.unit.sluice.migration.simulation import Ecs, Script, client_error
from tests.unit.sluice.rollout.deploying import MASTER, VERIFY, Stage, subject


def test_ctrl_c_stops_the_task_at_once_and_the_next_up_runs_again() -> None:
    stage = Stage(Script(hangs=True, stop_takes=40), Script())
    with pytest.raises(Interrupted, match=r"task \S+ was asked to stop, and may run up to 30 s more"):
        stage.deploy(halts={10: Halt.STOP})
    assert stage.clock.elapsed < 15
    assert stage.ecs.tasks[0].stop_asked is not None
    stage.deploy()
    assert stage.ecs.tasks[1].created >= stage.ecs.tasks[0].stop_asked + 40, "two at once"


@pytest.mark.parametrize(("given", "seconds"), [([None], 30), ([None, 120], 120), ([5, 2], 5)])
def test_how_long_a_task_may_run_on_is_its_containers_longest_stop_timeout(
    given: list[int | None], seconds: int
) -> None:
    containers = [{"name": "c"} | ({"stopTimeout": one} if one else {}) for one in given]
    assert stop_seconds({"containerDefinitions": containers}) == seconds


def test_a_dying_deployer_leaves_the_task_and_the_next_adopts_it() -> None:
    stage = Stage(Script(runs=50))
    with pytest.raises(Interrupted, match="left running"):
        stage.deploy(halts={10: Halt.ABANDON})
    assert stage.ecs.tasks[0].stop_asked is None
    result = stage.deploy()
    assert len(stage.ecs.tasks) == 1
    assert (result.number, result.steps[0].exit_codes) == (1, (0,))
    assert any("continuing with the task" in line for line in stage.lines)


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
    ("victim", "nth"),
    [
        ("describe_task_definition", 1),
        ("run_task", 1),
        ("run_task", 2),
        ("after", 1),
        ("describe_tasks", 1),
        ("describe_tasks", 2),
        ("describe_tasks", 9),
        ("get_log_events", 1),
        ("get_log_events", 2),
        ("get_log_events", 9),
    ],
)
def test_killed_at_any_call_exactly_one_task_a_step(victim: str, nth: int) -> None:
    """Also between RunTask's effect and its answer: the intent was recorded, the token finds the task."""
    stage, what = Stage(Script(runs=20), Script(runs=20), Script(runs=20)), subject(MASTER, VERIFY)
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
    with pytest.raises(Killed):
        stage.deploy(what)
    stage.ecs.trouble = lambda call: None
    stage.ecs.__dict__.pop("run_task", None)
    stage.deploy(what)
    assert [task.command for task in stage.ecs.tasks] == [list(step.command) for step in (MASTER, VERIFY)]
    assert stage.records.runs[max(stage.records.runs)].state == "succeeded"


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_killed_at_any_write_of_the_record_exactly_one_task(nth: int) -> None:
    stage = Stage(Script(runs=20), Script(runs=20))
    count = 0

    def on_save() -> None:
        nonlocal count
        count += 1
        if count == nth:
            raise Killed

    stage.records.on_save_step = on_save
    with pytest.raises(Killed):
        stage.deploy()
    stage.records.on_save_step = lambda: None
    stage.deploy()
    assert len(stage.ecs.tasks) == 1


def test_expired_credentials_are_not_a_failure_of_the_migration() -> None:
    stage = Stage(Script(runs=50))
    stage.ecs.trouble = lambda call: (
        client_error("ExpiredTokenException", "DescribeTasks")
        if call == "describe_tasks" and stage.clock.elapsed > 9
        else None
    )
    with pytest.raises(Unknown, match="result is unknown"):
        stage.deploy()
    assert stage.records.runs[1].state == "running"
    stage.ecs.trouble = lambda call: None
    stage.deploy()
    assert len(stage.ecs.tasks) == 1


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
    with pytest.raises(Interrupted, match=r"tasks \S+, \S+ were asked to stop, and may run up to 30 s more"):
        stage.deploy(subject(replace(MASTER, shards=2)), halts={6: Halt.STOP})
    assert all(task.stop_asked for task in stage.ecs.tasks)


def test_a_stop_that_aws_refuses_for_one_task_does_not_keep_the_others_running() -> None:
    stage = Stage(Script(hangs=True), Script(hangs=True))
    answers = iter([client_error("AccessDeniedException", "StopTask"), None])
    stage.ecs.trouble = lambda call: next(answers) if call == "stop_task" else None
    with pytest.raises(Interrupted, match="did not accept the stop"):
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


def test_what_the_former_owner_started_after_the_records_were_listed_is_found() -> None:
    """It lives: between the listing and the takeover its first attempt was refused, and its second one runs."""
    stage = Stage(Script(runs=50))
    with pytest.raises(Interrupted):
        stage.deploy(halts={2: Halt.ABANDON})
    running = stage.records.steps[1, "master"].tasks[0]
    stage.records.steps[1, "master"] = StepRecord("master", (replace(running, task=""),))
    stage.ecs.tasks[0].token = second = token(stage.records.runs[1].identity(stage.records.prefix), "master", 0, 2)
    save = stage.records.save

    def meanwhile(run: RunRecord) -> None:
        if run.open and run.number == 1:
            stage.records.steps[1, "master"] = StepRecord("master", (replace(running, attempt=2),))
        save(run)

    stage.records.save = meanwhile  # type: ignore[method-assign]
    stage.deploy()
    assert [task.token for task in stage.ecs.tasks] == [second], "not a first attempt beside it"


def test_a_process_that_slept_in_a_retry_asks_once_more_before_it_gives_up() -> None:
    stage, slept = Stage(Script(runs=400)), list[bool]()
    wait = stage.clock.wait

    def trouble(call: str) -> Exception | None:
        throttled = call == "describe_tasks" and stage.clock.elapsed > 5 and not slept
        return client_error("ThrottlingException", "DescribeTasks") if throttled else None

    def sleeps(seconds: float) -> None:
        wait(seconds)
        if stage.clock.elapsed > 8 and not slept:
            slept.append(True)
            stage.clock.time += 300

    stage.ecs.trouble, stage.clock.wait = trouble, sleeps  # type: ignore[method-assign]
    stage.deploy(subject(replace(MASTER, timeout=600)))
    assert slept
