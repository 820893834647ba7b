"""An operator's command on simulated time: its end, its lock, and being taken for dead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.aws.patience import Unknown
from sluice.aws.tasks import Place
from sluice.clock import Halt
from sluice.diagnosis.verdict import Kind, Outcome, StepFailed
from sluice.errors import GateError, Interrupted, Superseded
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.operator_run import Order, RunCancelled, RunRefused, exit_code, operate
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord
from sluice.migration.run import RunResult, migrate
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, Clock, Ecs, Records, Script, client_error

PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), ("sg-1",), False)
STEP = Step("migrate-provision", ("migrate", "provision"), attempts=1, timeout=600)
MIGRATION = MigrationSubject("repo@sha256:a", (Step("master", ("migrate", "master")),), {}, {}, "db-1")


class Killed(BaseException):
    """What SIGKILL looks like from inside: nothing of the process runs any more."""


class Stage:
    def __init__(self, *scripts: Script) -> None:
        self.clock = Clock()
        self.ecs = Ecs(self.clock, list(scripts))
        self.records = Records()
        self.lines: list[str] = []

    def deployer(self, author: str) -> Deployer:
        def log(text: str, ephemeral: bool) -> None:
            if not ephemeral:
                self.lines.append(text)

        return Deployer(self.ecs, self.ecs, self.records, self.clock, log, author)  # type: ignore[arg-type]

    def halt(self, halts: dict[float, Halt] | None) -> None:
        self.clock.halts = {self.clock.elapsed + moment: halt for moment, halt in (halts or {}).items()}

    def run(self, halts: dict[float, Halt] | None = None, step: Step = STEP, author: str = "ann@host") -> RunResult:
        self.halt(halts)
        return operate(self.deployer(author), Order(step, "repo@sha256:a"), PLACE)

    def killed(self, after: float) -> None:
        """A command whose process is killed so many seconds after its beginning."""
        begun = self.clock.elapsed

        def kill(call: str) -> Exception | None:
            if self.clock.elapsed > begun + after:
                raise Killed
            return None

        self.ecs.trouble = kill
        with pytest.raises(Killed):
            self.run()
        self.ecs.trouble = lambda call: None

    def up(self, halts: dict[float, Halt] | None = None) -> RunResult:
        self.halt(halts)
        return migrate(self.deployer("ci@runner"), MIGRATION, "before", PLACE)


def test_a_command_runs_is_shown_and_recorded() -> None:
    stage = Stage(Script(runs=2, lines=["provisioned org_1"]))
    result = stage.run()
    assert result.steps[0].exit_codes == (0,)
    assert "migrate-provision | provisioned org_1" in stage.lines
    record = stage.records.runs[1]
    assert (record.by, record.state, record.author) == ("run", "succeeded", "ann@host")
    assert record.message == "migrate provision"
    assert record.command == "migrate provision"


def test_the_record_has_the_variables_and_the_command_masked() -> None:
    variables = {
        "MIGRATION_TYPE": "rollback-tenants",
        "NOTE": "two words",
        "ADMIN_PASSWORD": "hunter2 hunter3",
        "DATABASE_URL": "postgres://owner:hunter2@db/notes",
    }
    stage = Stage(Script(exit=7))
    with pytest.raises(StepFailed):
        stage.run(step=replace(STEP, environment=variables, command=("scripts/entrypoint.sh", "--token", "hunter2")))
    record = stage.records.runs[1]
    assert record.command == (
        "MIGRATION_TYPE=rollback-tenants NOTE=two words ADMIN_PASSWORD=*** "
        "DATABASE_URL=postgres://owner:***@db/notes scripts/entrypoint.sh --token ***"
    )
    assert "hunter" not in record.to_json()


@pytest.mark.parametrize(("exit", "expected"), [(1, 1), (7, 7), (255, 255), (None, 1)])
def test_its_exit_code_is_passed_on(exit: int | None, expected: int) -> None:
    stage = Stage(Script(exit=exit))
    with pytest.raises(StepFailed) as failure:
        stage.run()
    assert exit_code(failure.value) == expected
    assert stage.records.runs[1].state == "failed"


def test_an_interrupted_task_that_exited_0_is_no_success() -> None:
    interrupted = Outcome(Kind.INTERRUPTED, "stopped from outside", exit_code=0)
    assert exit_code(StepFailed("x", {0: interrupted})) == 1
    assert (
        exit_code(StepFailed("x", {0: Outcome(Kind.SUCCEEDED, "", exit_code=0), 1: replace(interrupted, exit_code=9)}))
        == 9
    )
    assert exit_code(StepFailed("x", {0: replace(interrupted, exit_code=256)})) == 1


def test_a_start_failure_is_not_tried_again() -> None:
    stage = Stage(Script(fails_to_start="CannotPullContainerError: x"), Script())
    with pytest.raises(StepFailed) as failure:
        stage.run()
    assert exit_code(failure.value) == 1
    assert len(stage.ecs.tasks) == 1
    with pytest.raises(ValueError, match=r"^an operator's command is started once$"):
        stage.run(step=replace(STEP, attempts=2))


def test_ctrl_c_stops_the_task_waits_for_it_and_closes_the_record() -> None:
    stage = Stage(Script(hangs=True, stop_takes=20))
    with pytest.raises(RunCancelled, match=r"cancelled: task \S+ has stopped"):
        stage.run(halts={5: Halt.STOP})
    assert any("the task was asked to stop, and may run up to 30 s more" in line for line in stage.lines)
    assert stage.ecs._stopped(stage.ecs.tasks[0])
    assert stage.records.runs[1].state == "failed"
    assert stage.records.runs[1].message == "cancelled: migrate provision"


def test_a_task_that_will_not_stop_keeps_the_record_open() -> None:
    stage = Stage(Script(hangs=True, stop_takes=10_000))
    with pytest.raises(RunCancelled, match="stays open"):
        stage.run(halts={5: Halt.STOP})
    assert stage.records.runs[1].open
    with pytest.raises(RunRefused, match="run 1 is in progress: `sluice run` by ann@host"):
        stage.run()


def test_ctrl_c_before_anything_starts_nothing() -> None:
    stage = Stage(Script())
    with pytest.raises(RunCancelled, match="nothing was started"):
        stage.run(halts={0: Halt.STOP})
    assert not stage.ecs.tasks
    assert not stage.records.runs


# -- the lock


def test_both_refuse_an_operators_live_run_by_task_who_and_since_when() -> None:
    stage = Stage(Script(hangs=True))
    stage.killed(after=5)
    stage.clock.time += 1000
    task = stage.ecs.tasks[0].arn.rpartition("/")[2]
    for again in (stage.run, stage.up):
        with pytest.raises(GateError) as refusal:
            again()
        text = str(refusal.value)
        assert "run 1 is in progress: `sluice run` by ann@host, since 1970-01-12 13:46:40 UTC (16 min " in text
        assert f"task {task}." in text
        assert "Nothing was started" in text
    assert len(stage.ecs.tasks) == 1


def test_a_killed_commands_record_is_closed_once_its_task_has_stopped() -> None:
    stage = Stage(Script(runs=30), Script())
    stage.killed(after=5)
    stage.clock.time += 60  # the task has stopped, the record is younger than two minutes
    for again in (stage.run, stage.up):
        with pytest.raises(GateError, match="in progress"):
            again()
    stage.clock.time += 60
    assert stage.run(author="bob@laptop").number == 2
    assert stage.records.runs[1].state == "closed"


def test_up_goes_on_after_a_killed_command() -> None:
    stage = Stage(Script(runs=30), Script())
    stage.killed(after=5)
    stage.clock.time += 200
    assert stage.up().number == 2
    assert stage.records.runs[1].state == "closed"


def test_an_operator_never_closes_what_up_left() -> None:
    stage = Stage(Script(runs=30))
    with pytest.raises(Interrupted):
        stage.up(halts={5: Halt.ABANDON})
    stage.clock.time += 5000
    with pytest.raises(RunRefused, match=r"run 1 is in progress: `pulumi up` by ci@runner.*`pulumi cancel`"):
        stage.run()
    assert len(stage.ecs.tasks) == 1


def test_after_a_command_up_migrates_again_as_its_schema_may_have_gone_back() -> None:
    stage = Stage(Script(), Script(), Script())
    stage.up()
    stage.run()
    assert stage.up().number == 3


@pytest.mark.parametrize("call", ["describe_task_definition", "run_task"])
def test_up_that_comes_while_a_command_begins_is_kept_out(call: str) -> None:
    """A second deployer at the moments between the lock and the task."""
    stage = Stage(Script(), Script())
    refused: list[str] = []
    other = replace(stage.deployer("ci@runner"), ecs=Ecs(stage.clock, [Script()]))

    def interfere(name: str) -> Exception | None:
        if name == call and not refused:
            with pytest.raises(GateError) as refusal:
                migrate(other, MIGRATION, "before", PLACE)
            refused.append(str(refusal.value))
        return None

    stage.ecs.trouble = interfere
    stage.run()
    assert "`sluice run` by ann@host" in refused[0]
    assert not other.ecs.tasks


def test_a_command_that_comes_while_up_begins_is_kept_out() -> None:
    stage = Stage(Script())
    refused: list[str] = []
    other = replace(stage.deployer("bob@laptop"), ecs=Ecs(stage.clock, [Script()]))

    def interfere(name: str) -> Exception | None:
        if name == "run_task" and not refused:
            with pytest.raises(RunRefused) as refusal:
                operate(other, Order(STEP, "repo@sha256:a"), PLACE)
            refused.append(str(refusal.value))
        return None

    stage.ecs.trouble = interfere
    stage.up()
    assert "`pulumi up` by ci@runner" in refused[0]


def test_two_with_different_numbers_do_not_both_go_on() -> None:
    """The older record was not seen open before the newer one was created."""
    stage = Stage(Script())
    older = RunRecord(1, "up", "x", "sha256:b", "ci@runner", round(stage.clock.now()), nonce="n")
    stage.records.create(older)
    now, answers = stage.records.all, [[replace(older, state="closed")]]
    stage.records.all = lambda: answers.pop() if answers else now()  # type: ignore[method-assign]
    with pytest.raises(RunRefused, match="run 1 is in progress: `pulumi up`"):
        stage.run()
    assert (stage.records.runs[2].state, stage.records.runs[2].message) == ("closed", "gave way to run 1")
    assert stage.records.runs[1].open
    assert not stage.ecs.tasks


# -- taken for dead


def test_a_command_that_slept_through_its_closing_starts_nothing() -> None:
    """A laptop's lid: the record is made, two minutes pass, `up` closes it and migrates; the command wakes up."""
    stage = Stage(Script(runs=3), Script())
    up = Ecs(stage.clock, [Script()])
    put = stage.records.save_step

    def asleep(run: RunRecord, step: StepRecord) -> None:
        stage.records.save_step = put  # type: ignore[method-assign]
        stage.clock.time += 300
        migrate(replace(stage.deployer("ci@runner"), ecs=up, logs=up), MIGRATION, "before", PLACE)
        put(run, step)

    stage.records.save_step = asleep  # type: ignore[method-assign]
    with pytest.raises(Superseded, match="taken for dead"):
        stage.run()
    assert len(up.tasks) == 1
    assert not stage.ecs.tasks


def test_a_command_whose_run_is_taken_over_while_its_task_starts_stops_it() -> None:
    """RunTask is long on its way, and the record is taken over meanwhile."""
    stage = Stage(Script(hangs=True))
    run_task = stage.ecs.run_task

    def slowly(**request: object) -> dict[str, object]:
        author = "ci@runner, closing what ann@host left"
        taken = replace(stage.records.runs[1], author=author, owner="another", idle=True)
        stage.records.save(taken)
        stage.clock.time += 20
        return run_task(**request)

    stage.ecs.run_task = slowly  # type: ignore[method-assign]
    with pytest.raises(Superseded, match="closing what ann@host left"):
        stage.run()
    assert stage.ecs.tasks[0].stop_asked is not None
    assert stage.records.runs[1].open, "whoever took it over closes it, once the task has stopped"


def test_a_command_that_was_suspended_while_its_task_ran_looks_whose_it_is() -> None:
    stage = Stage(Script(hangs=True))
    wait = stage.clock.wait

    def suspended(seconds: float) -> None:
        wait(seconds)
        if stage.clock.elapsed > 5 and stage.records.runs[1].owner != "another":
            stage.records.save(replace(stage.records.runs[1], author="ci@runner", owner="another"))
            stage.clock.time += 60

    stage.clock.wait = suspended  # type: ignore[method-assign]
    with pytest.raises(Superseded, match="was taken over: ci@runner continues it"):
        stage.run()


def test_a_closer_that_saw_no_task_waits_for_one_that_starts_meanwhile() -> None:
    """The intent is written between the closer's decision and its taking over."""
    stage = Stage(Script())
    record = RunRecord(1, "run", "", "sha256:a", "ann@host", round(stage.clock.now()) - 500, nonce="n")
    stage.records.create(record)
    save = stage.records.save

    def save_and_start(run: RunRecord) -> None:
        save(run)
        if run.number == 1 and run.open:
            stage.records.save_step(record, StepRecord(STEP.name, (TaskRecord(0, 1, ""),)))

    stage.records.save = save_and_start  # type: ignore[method-assign]
    begun = stage.clock.elapsed
    stage.up()
    assert stage.clock.elapsed - begun > 60, "an intent whose task is not listed yet is given time to show"


def test_credentials_that_expire_leave_the_task_and_say_so() -> None:
    stage = Stage(Script(hangs=True))
    stage.ecs.trouble = lambda call: client_error("ExpiredTokenException", "x") if stage.clock.elapsed > 5 else None
    with pytest.raises(Unknown, match="run 1 stays open"):
        stage.run()
    assert stage.ecs.tasks[0].stop_asked is None
    assert stage.records.runs[1].open


def test_a_wrong_container_closes_the_record() -> None:
    stage = Stage(Script())
    with pytest.raises(GateError, match="has no container 'gone'"):
        operate(stage.deployer("ann@host"), Order(STEP, "repo@sha256:a"), replace(PLACE, container="gone"))
    assert stage.records.runs[1].state == "failed"
