"""A run that another deployer left open: how it is taken over, waited for and closed, and what its refusal says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.aws.patience import Unknown
from sluice.aws.tasks import Place, token
from sluice.clock import Halt
from sluice.errors import GateError, Interrupted
from sluice.migration.previous_runs import arn, close, live_operators, refusal
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord
from tests.unit.sluice.migration.simulation import (
    CLUSTER,
    DEFINITION,
    Clock,
    Ecs,
    Records,
    Script,
    Task,
    client_error,
    failing,
)

PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), ("sg-1",), False)
LEFT = RunRecord(3, "run", "", "sha256:a", "bob@laptop", 999_000, phase="run", nonce="n", owner="b")


class Stage:
    """One run that a dead deployer left, with its tasks."""

    def __init__(self, run: RunRecord = LEFT) -> None:
        self.clock, self.records = Clock(), Records()
        self.clock.step = 5.0
        self.ecs = Ecs(self.clock, [])
        self.log: list[tuple[float, str, bool]] = []
        self.saved: list[RunRecord] = []
        self.run = run
        self.records.save(run)
        save = self.records.save

        def kept(run: RunRecord) -> None:
            self.saved.append(run)
            save(run)

        self.records.save = kept  # type: ignore[method-assign]

    @property
    def deployer(self) -> Deployer:
        return Deployer(
            self.ecs,
            self.ecs,
            self.records,  # type: ignore[arg-type]
            self.clock,
            lambda text, ephemeral: self.log.append((self.clock.elapsed, text, ephemeral)),
            "ann@host",
            owner="a",
        )

    def task(self, name: str, runs: float, started_by: str = "") -> None:
        self.ecs.tasks.append(Task(arn(CLUSTER, name), Script(runs=runs), started_by, [], {}, self.clock.time))

    def step(self, name: str, *tasks: TaskRecord) -> None:
        self.records.save_step(self.run, StepRecord(name, tasks))

    def close(self) -> None:
        close(self.deployer, self.run, PLACE)

    @property
    def taken(self) -> RunRecord:
        return replace(self.run, author="ann@host, closing what bob@laptop left", owner="a", idle=True)

    def closed(self, after: float) -> RunRecord:
        finished = round(self.clock.started + after)
        return replace(self.taken, state="closed", finished=finished, message="its deployer died")


def intent(step: str, shard: int, attempt: int) -> str:
    return token(LEFT.identity("/sluice/notes/prod/runs"), step, shard, attempt)


def test_a_tasks_arn_is_made_from_its_clusters() -> None:
    assert arn(CLUSTER, "t") == "arn:aws:ecs:eu-west-1:123456789012:task/notes/t"


def test_a_run_is_taken_over_before_its_tasks_are_waited_for_and_then_closed() -> None:
    """Recorded tasks, and one that was started but not recorded; not those that have ended, nor one never started."""
    stage = Stage()
    stage.task("live0", runs=100)
    stage.task("found", runs=70, started_by=intent("tenants", 3, 2))
    stage.step(
        "tenants",
        TaskRecord(0, 1, "ended", exit=0, done="succeeded"),
        TaskRecord(1, 1),  # never started
        TaskRecord(2, 1, "live0"),
        TaskRecord(3, 2),
    )
    stage.close()
    assert stage.saved == [stage.taken, stage.closed(after=100)]
    whose = "of run 3 (`sluice run`, bob@laptop) to stop"
    assert stage.log == [
        (at, f"waiting for task live0{', found' if at < 70 else ''} {whose}", False) for at in range(0, 100, 10)
    ]


def test_an_owner_that_may_still_be_starting_a_task_gets_a_minute() -> None:
    stage = Stage(replace(LEFT, by="up", phase="before"))
    stage.close()
    assert stage.saved == [stage.taken, stage.closed(after=65)]
    assert stage.log == [
        (
            at,
            "run 3 (`pulumi up`, begun by bob@laptop) ended without a result: waiting up to 1 min 00 s for a task that "
            "it may have just started",
            False,
        )
        for at in range(0, 70, 10)
    ]


@pytest.mark.parametrize("ended", [False, True], ids=["no task", "a task that has stopped"])
def test_an_owner_that_starts_nothing_more_is_not_waited_for(ended: bool) -> None:
    stage = Stage(replace(LEFT, idle=True))
    if ended:
        stage.task("t", runs=0)
        stage.step("master", TaskRecord(0, 1, "t"))
    stage.close()
    assert stage.saved == [stage.taken, stage.closed(after=0)]
    assert stage.log == []


def test_a_task_that_is_not_listed_yet_is_waited_for_although_its_owner_is_idle() -> None:
    stage = Stage(replace(LEFT, idle=True))
    stage.step("master", TaskRecord(0, 1, "t"))
    stage.close()
    assert stage.saved == [stage.taken, stage.closed(after=65)]


def test_the_longer_a_task_runs_the_less_often_it_is_asked_for_but_its_end_is_seen_soon() -> None:
    stage = Stage(replace(LEFT, idle=True))
    stage.clock.step = 0
    stage.task("t", runs=21)
    stage.step("master", TaskRecord(0, 1, "t"))
    stage.close()
    assert 21 <= stage.clock.elapsed < 25


@pytest.mark.parametrize("left", [None, replace(LEFT, state="succeeded")], ids=["no record", "a verdict"])
def test_a_run_whose_owner_ended_it_meanwhile_is_left_alone(left: RunRecord | None) -> None:
    stage = Stage()
    stage.records.runs = {} if left is None else {3: left}
    stage.close()
    assert (stage.saved, stage.log, stage.clock.elapsed) == ([], [], 0)


def test_the_records_author_is_the_newest_closer_and_the_one_who_began() -> None:
    stage = Stage(replace(LEFT, author="carl@ci, closing what bob@laptop left", idle=True))
    stage.close()
    assert stage.saved[0] == stage.taken
    stage = Stage(replace(LEFT, author="b" * 300, idle=True))
    stage.close()
    assert stage.saved[0].author == "ann@host, closing what " + "b" * 177


def test_a_run_that_yet_another_deployer_took_is_closed_by_that_one() -> None:
    stage = Stage(replace(LEFT, idle=True))
    stage.task("t", runs=20)
    stage.step("master", TaskRecord(0, 1, "t"))
    other = replace(stage.taken, author="carl@ci, closing what bob@laptop left", owner="c")
    with_steps = stage.records.with_steps

    def meanwhile(run: RunRecord) -> RunRecord:
        stage.records.runs[3] = other
        return with_steps(run)

    stage.records.with_steps = meanwhile  # type: ignore[method-assign]
    stage.close()
    assert stage.saved == [stage.taken]
    assert stage.records.runs[3] == other


@pytest.mark.parametrize(
    ("tasks", "named"), [((), "not listed yet"), (("t0",), "t0"), (("t0", "t1"), "t0, t1")], ids=["none", "one", "two"]
)
@pytest.mark.parametrize(
    ("halt", "why"), [(Halt.ABANDON, ""), (Halt.STOP, "; it is not this command's")], ids=["dying", "Ctrl-C"]
)
def test_an_interrupted_wait_names_what_was_left_running(
    halt: Halt, why: str, tasks: tuple[str, ...], named: str
) -> None:
    stage = Stage()
    for number, name in enumerate(tasks):
        stage.task(name, runs=1e6)
        stage.step(f"step-{number}", TaskRecord(0, 1, name))
    stage.clock.halts = {20: halt}
    with pytest.raises(Interrupted) as interrupted:
        stage.close()
    assert str(interrupted.value) == (f"cancelled while waiting for task {named} of run 3, which was left running{why}")
    assert stage.records.runs[3] == stage.taken, "the next deployer need not wait for a start"


def test_a_task_that_never_stops_has_a_deadline() -> None:
    stage = Stage()
    stage.task("t0", runs=1e6)
    stage.task("t1", runs=1e6)
    stage.step("master", TaskRecord(0, 1, "t0"), TaskRecord(1, 1, "t1"))
    with pytest.raises(GateError) as refused:
        stage.close()
    assert str(refused.value) == (
        "task t0, t1 of run 3 (`sluice run`, bob@laptop) has not stopped after 30 min 05 s. "
        "Fix: stop it (aws ecs stop-task) or wait, then try again"
    )
    assert stage.clock.elapsed == 1805
    assert stage.records.runs[3] == stage.taken


def test_expired_credentials_say_what_was_being_waited_for() -> None:
    stage = Stage()
    stage.records.get = failing(client_error("ExpiredTokenException", "x"))  # type: ignore[method-assign]
    with pytest.raises(Unknown, match=r"^the AWS credentials expired while waiting for the tasks of run 3: "):
        stage.close()


@pytest.mark.parametrize(
    ("run", "tasks", "runs", "alive"),
    [
        (LEFT, [TaskRecord(0, 1, "t")], 60, True),
        (LEFT, [TaskRecord(0, 1, "t")], 0, False),
        (LEFT, [TaskRecord(0, 1, "t", done="failed")], 60, False),
        (LEFT, [TaskRecord(0, 1, "gone"), TaskRecord(1, 1), TaskRecord(2, 1, "t")], 60, True),
        (LEFT, [TaskRecord(0, 1, "gone", done="failed"), TaskRecord(1, 1), TaskRecord(2, 4)], 60, True),
        (LEFT, [TaskRecord(1, 1), TaskRecord(2, 3)], 60, False),
        (replace(LEFT, by="up"), [TaskRecord(0, 1, "t")], 60, False),
        (replace(LEFT, state="closed"), [TaskRecord(0, 1, "t")], 60, False),
    ],
    ids=["runs", "stopped", "recorded as ended", "among others", "not recorded", "another attempt", "up", "closed"],
)
def test_an_operators_open_run_lives_while_a_task_of_it_does(
    run: RunRecord, tasks: list[TaskRecord], runs: float, alive: bool
) -> None:
    stage = Stage(run)
    stage.task("t", runs=runs, started_by=intent("tenants", 2, 4))
    stage.step("tenants", *tasks)
    assert live_operators(stage.deployer, stage.records.all(), PLACE) == (frozenset({3}) if alive else frozenset())


REFUSED = [
    (
        "run",
        (),
        "`sluice run` by bob@laptop, since 1970-01-12 13:30:00 UTC (16 min 40 s ago), task about to start. Nothing was "
        "started. Wait until it has ended, then try again; a dead command's record is closed after two minutes",
    ),
    (
        "up",
        (TaskRecord(0, 1, "t0"), TaskRecord(1, 1, "t1", done="failed"), TaskRecord(2, 1), TaskRecord(3, 1, "t3")),
        "`pulumi up` by bob@laptop, since 1970-01-12 13:30:00 UTC (16 min 40 s ago), task t0, t3. Nothing was started. "
        "Wait until it has ended, then try again; if that deployer is dead, run `pulumi cancel` and `pulumi up`, which "
        "takes the run over",
    ),
]


@pytest.mark.parametrize(("by", "tasks", "said"), REFUSED, ids=["an operator's", "of pulumi up"])
def test_a_refusal_names_the_run_in_progress(by: str, tasks: tuple[TaskRecord, ...], said: str) -> None:
    run = replace(LEFT, by=by, steps_done={"master": StepRecord("master", tasks)})  # type: ignore[arg-type]
    assert refusal(run, 1_000_000) == f"run 3 is in progress: {said}"
