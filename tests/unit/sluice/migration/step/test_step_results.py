"""A step from its start to its end: the whole error of a failure, the server that ran instead, and its pauses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.aws.patience import Unknown
from sluice.diagnosis.verdict import StepFailed
from sluice.errors import Superseded
from sluice.migration.records.record import StepRecord, TaskRecord
from sluice.migration.step.shard import Shard
from tests.unit.sluice.migration.simulation import Script, Task, client_error
from tests.unit.sluice.migration.step.one_step import PLACE, RIVAL, SERVICE, TWO, OneStep, task_id

SERVES = "Listening on http://0.0.0.0:8080"


def failure(stage: OneStep, **more: Any) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        stage.step_run(**more).run()
    return failed.value


TIMED_OUT = """\
migration step 'master', shard 1 of 2, failed: timed out after 1 min 00 s; it had printed nothing
  command:     migrate master
  cause:       a migration that hangs usually waits for a lock, for a database that it cannot reach, or for input
"""


def test_every_failed_shard_has_its_own_cause_and_log() -> None:
    stage = OneStep(Script(runs=9, exit=3, lines=["line"] * 401), Script(hangs=True, exit=143), step=TWO)
    failed = failure(stage)
    where = "log group /g, stream migration/app/"
    first, _, second = str(failed).partition("\n  The service was not changed.\n")
    assert first.splitlines() == [
        "migration step 'master', shard 0 of 2, failed: exit code 3",
        "  command:     migrate master",
        "  cause:       the command ran and reported a failure",
        "  fix:         read the last lines below; fix the cause and run `pulumi up` again",
        f"  last lines of task {task_id(0)}:",
        *["    | line"] * 30,
        f"  log:         {where}{task_id(0)}",
    ]
    assert second.startswith(TIMED_OUT)
    assert second.endswith(
        f"\n  log:         it had printed nothing ({where}{task_id(1)})\n  The service was not changed."
    )
    assert [line for line in stage.said if "|" not in line] == [
        f"master[0]: task {task_id(0)} started: migrate master",
        f"master[1]: task {task_id(1)} started: migrate master",
        f"master[0]: 400 lines were shown; the rest is in {where}{task_id(0)}",
        "master[0]: exit code 3 after 9 s",
        "master[1]: timed out after 1 min 00 s: stopping the task",
        "master[1]: stopped",
        "master[0]: it had printed 401 lines",
    ]
    assert {index: outcome.exit_code for index, outcome in failed.outcomes.items()} == {0: 3, 1: 143}


def test_a_failed_task_whose_whole_log_was_shown_is_not_counted() -> None:
    stage = OneStep(Script(runs=9, exit=3, lines=["line"] * 400))
    failure(stage)
    assert [line for line in stage.said if " | " not in line][1:] == ["master: exit code 3 after 9 s"]


def test_a_step_that_succeeds_returns_its_record() -> None:
    stage = OneStep(Script(runs=5, lines=["one"]), Script(runs=7), step=TWO)
    record = stage.step_run().run()
    done = (TaskRecord(0, 1, task_id(0), 0, 5, "succeeded"), TaskRecord(1, 1, task_id(1), 0, 7, "succeeded"))
    assert record == StepRecord("master", done)
    assert stage.recorded == done


# -- the web server that ran in place of the migration


def serving(*, service: str = SERVICE, denied: bool = False, script: Script | None = None) -> OneStep:
    """A step whose log shows a web server; the service's container listens on the same port."""
    stage = OneStep(script or Script(hangs=True, exit=143, lines=[SERVES]), place=replace(PLACE, service=service))
    stage.ecs.containers = ({**stage.ecs.containers[0], "portMappings": [{"containerPort": 8080}]},)
    refusal = client_error("AccessDeniedException", "DescribeTaskDefinition")
    stage.ecs.trouble = lambda call: refusal if denied and call == "describe_task_definition" else None
    return stage


OWN_PORT = "cause:       the step started the web server on port 8080, the service's own, instead of a migration: "
PROBABLY = "cause:       the step probably started the web server instead of a migration: "
HANGS = "cause:       a migration that hangs usually waits for a lock"


def test_a_server_on_the_services_port_explains_the_timeout() -> None:
    stage = serving(script=Script(hangs=True, exit=143, lines=[SERVES, *["busy"] * 40]))
    text = str(failure(stage))
    assert OWN_PORT in text
    assert f"seen:        {SERVES}\n" in text
    assert stage.requests("describe_task_definition") == [{"taskDefinition": SERVICE}]


def test_without_a_known_revision_of_the_service_no_port_is_read() -> None:
    stage = serving(service="")
    assert PROBABLY in str(failure(stage))
    assert stage.requests("describe_task_definition") == []


def test_ports_that_cannot_be_read_are_a_warning() -> None:
    stage = serving(denied=True)
    assert PROBABLY in str(failure(stage))
    assert stage.said[-1].startswith("master: warning: the service's ports could not be read: An error occurred (Acc")


def test_a_server_is_looked_for_when_somebody_else_stopped_the_task() -> None:
    stage = serving(script=Script(runs=9, exit=143, lines=[SERVES]))
    view = stage.ecs._view

    def stopped(task: Task) -> dict[str, Any]:
        shown = view(task)
        return shown | {"stopCode": "UserInitiated"} if shown["lastStatus"] == "STOPPED" else shown

    stage.ecs._view = stopped  # type: ignore[method-assign]
    assert "its log points to: the step started the web server on port 8080" in str(failure(stage))


def test_a_program_that_failed_by_itself_is_no_server() -> None:
    stage = serving(script=Script(runs=9, exit=1, lines=[SERVES]))
    assert "cause:       the command ran and reported a failure\n" in str(failure(stage))
    assert stage.requests("describe_task_definition") == []


def test_without_a_log_there_is_no_server_to_look_for() -> None:
    stage = serving()
    assert HANGS in str(failure(stage, log=None))
    assert stage.requests("describe_task_definition") == []


def test_a_log_without_a_line_names_no_server() -> None:
    stage = serving(script=Script(hangs=True, exit=143))
    assert HANGS in str(failure(stage))
    assert stage.requests("describe_task_definition") == []


# -- troubles and pauses


def test_a_denied_log_is_one_warning_of_the_step() -> None:
    stage = OneStep(Script(runs=9))
    denied = client_error("AccessDeniedException", "GetLogEvents")
    stage.ecs.trouble = lambda call: denied if call == "get_log_events" else None
    stage.step_run().run()
    assert stage.said == [
        f"master: task {task_id(0)} started: migrate master",
        f"master: warning: its log in log group /g cannot be read: {denied}",
        "master: exit code 0 after 9 s",
    ]


def test_an_outage_names_the_step_that_is_watched() -> None:
    stage = OneStep(Script(runs=9))
    throttled = client_error("ThrottlingException", "DescribeTasks")
    stage.ecs.trouble = lambda call: throttled if call == "describe_tasks" else None
    with pytest.raises(Unknown, match="AWS could not be reached while watching migration step 'master' "):
        stage.step_run().run()


PAUSES: list[tuple[str, Shard, float]] = [
    ("until the next poll", Shard(0, task="t"), 0.3),
    ("a start that is due", Shard(0), 0.3),
    ("a start that is due now", Shard(0, not_before=1_000_000), 0.3),
    ("a start that comes before the poll", Shard(0, not_before=1_000_000.25), 0.25),
    ("a task that had to wait for its start", Shard(0, task="t", not_before=1_000_000.25), 0.3),
]


@pytest.mark.parametrize(("shard", "seconds"), [one[1:] for one in PAUSES], ids=[one[0] for one in PAUSES])
def test_a_pause_ends_when_something_is_due(shard: Shard, seconds: float) -> None:
    stage = OneStep()
    due = stage.step_run()._pause([shard])
    assert due == stage.clock.now() == 1_000_000 + seconds


@pytest.mark.parametrize(("slept", "superseded"), [(10, False), (10.5, True)])
def test_a_deployer_that_slept_checks_whether_the_run_is_still_its_own(slept: float, superseded: bool) -> None:
    stage = OneStep(Script(runs=30))
    wait, sleeps = stage.clock.wait, [slept]

    def suspended(seconds: float) -> None:
        wait(seconds)
        if sleeps:
            stage.clock.time += sleeps.pop()
            stage.records.save(RIVAL)

    stage.clock.wait = suspended  # type: ignore[method-assign]
    if superseded:
        with pytest.raises(Superseded, match="bob@host"):
            stage.step_run().run()
    else:
        stage.step_run().run()
