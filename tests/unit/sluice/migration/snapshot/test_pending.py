"""The probe before a snapshot: its task, its log, its deadline, and what counts as pending."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sluice.clock import Halt
from sluice.errors import Interrupted
from sluice.inputs.snapshot import SnapshotRequest
from tests.unit.sluice.migration.simulation import DEFINITION, Script, Task
from tests.unit.sluice.migration.snapshot.rds_stage import Stage
from tests.unit.sluice.migration.snapshot.taking import Taking

PROBE = ("migrate", "pending")
REQUEST = SnapshotRequest("db-1", pending=PROBE)
NONE_PENDING = "snapshot: no migration is pending, none is needed"


def test_nothing_pending_is_said_and_the_probes_log_is_shown() -> None:
    stage = Taking(Script(runs=3, lines=["up to date"]))
    asked: list[str] = []
    describe = stage.ecs.describe_task_definition

    def recorded(**request: str) -> dict[str, Any]:
        asked.append(request["taskDefinition"])
        return describe(**request)

    stage.ecs.describe_task_definition = recorded  # type: ignore[method-assign]
    assert stage.deploy(REQUEST) == ""
    assert stage.said == [NONE_PENDING]
    assert "pending | up to date" in stage.lines
    assert stage.progress[0] == "before the first step (pending), 0 s: running"
    assert set(asked) == {DEFINITION}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (Script(exit=3), "`migrate pending` ended with exit code 3: a migration is pending"),
        (Script(refused=[{"reason": "so"}]), "it is unknown whether a migration is pending (ECS started no task: so)"),
    ],
)
def test_in_doubt_the_reason_is_said(script: Script, why: str) -> None:
    stage = Taking(script)
    assert stage.deploy(REQUEST) == stage.name()
    assert stage.said[0] == f"snapshot: {why}"


def test_a_probe_is_stopped_at_the_deploys_deadline() -> None:
    stage = Taking(Script(hangs=True))
    text = stage.fails(REQUEST, deadline=70)
    assert stage.clock.elapsed < 80, "its own timeout is 300 s"
    stopped = "pending: timed out after 1 min 10 s, at the deadline of all steps together: stopping the task"
    assert stopped in stage.lines
    assert text.startswith("no snapshot of database instance db-1 within ")


@pytest.mark.parametrize(("essential", "kept"), [("app", False), ("proxy", True)])
def test_an_essential_side_car_that_failed_leaves_it_unknown(essential: str, kept: bool) -> None:
    """The probe's own container counts whether it is essential or not."""
    stage = Taking(Script(exit=0))
    stage.ecs.containers = ({**stage.ecs.containers[0], "essential": False}, {"name": "proxy", "essential": kept})
    view = stage.ecs._view

    def with_side_car(task: Task) -> dict[str, Any]:
        shown = view(task)
        own = [{**one, "exitCode": one["exitCode"]} for one in shown["containers"] if "exitCode" in one]
        ended = [*own, {"name": "proxy", "exitCode": 1 if task.command[-1] == "pending" else 0}]
        return shown | {"containers": ended} if own else shown

    stage.ecs._view = with_side_car  # type: ignore[method-assign]
    assert bool(stage.deploy(REQUEST)) is kept


def test_a_revision_without_the_container_leaves_it_unknown() -> None:
    """ECS refuses to override a container that the revision does not have."""
    stage = Taking(Script(refused=[{"reason": "no container app"}]))
    describe, own = stage.ecs.describe_task_definition, "arn:td/other:3"

    def without(**request: str) -> dict[str, Any]:
        answer = describe(**request)
        if request["taskDefinition"] == own:
            answer["taskDefinition"]["containerDefinitions"] = [{"name": "other"}]
        return answer

    stage.ecs.describe_task_definition = without  # type: ignore[method-assign]
    assert stage.deploy(SnapshotRequest("db-1", pending=PROBE, task_definition=own)) == stage.name()
    assert stage.said[0].startswith("snapshot: it is unknown whether a migration is pending (")


def test_a_probe_that_was_cancelled_takes_no_snapshot() -> None:
    stage = Taking(Script(hangs=True))
    assert stage.fails(REQUEST, halts={10: Halt.STOP}).startswith("migration step 'pending' was cancelled: task ")
    assert stage.rds.asked == []


def test_nothing_pending_means_no_snapshot() -> None:
    stage = Stage(Script(exit=0))
    assert stage.deploy(SnapshotRequest("db-1", pending=PROBE)) == ""
    assert stage.rds.snapshots == {}
    assert stage.commands == ["pending", "master"]
    assert "snapshot: no migration is pending, none is needed" in stage.lines


def test_the_probe_may_run_as_another_revision_than_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """One with secrets of its own: RunTask overrides none."""
    stage, seen = Stage(Script(exit=0)), list[str]()
    run_task = stage.ecs.run_task

    def watched(**request: Any) -> dict[str, Any]:
        seen.append(request["taskDefinition"])
        return run_task(**request)

    monkeypatch.setattr(stage.ecs, "run_task", watched)
    wish = SnapshotRequest.parse({"instance": "db-1", "pending": [*PROBE], "taskDefinition": "arn:td/with_KEY:3"})
    assert stage.deploy(wish) == ""
    assert seen == ["arn:td/with_KEY:3", DEFINITION]


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (Script(exit=1), "exit code 1: a migration is pending"),
        (Script(exit=None), "it is unknown whether"),
        (Script(refused=[{"reason": "RESOURCE:MEMORY"}]), "it is unknown whether"),
        (Script(fails_to_start="CannotPullContainerError: no"), "it is unknown whether"),
        (Script(hangs=True), "could not be found out|exit code"),
    ],
)
def test_in_doubt_it_is_taken(script: Script, says: str) -> None:
    stage = Stage(script)
    assert stage.deploy(SnapshotRequest("db-1", pending=PROBE)) == stage.name()
    assert any(re.search(says, line) for line in stage.lines)
    assert stage.commands[-1] == "master"


def test_a_dead_deployers_probe_is_taken_over_and_not_doubled() -> None:
    stage = Stage(Script(runs=60, exit=1))
    with pytest.raises(Interrupted):
        stage.deploy(SnapshotRequest("db-1", pending=PROBE), halts={5: Halt.ABANDON})
    with pytest.raises(Interrupted):  # it ended meanwhile; the snapshot is under way
        stage.deploy(SnapshotRequest("db-1", pending=PROBE), halts={70: Halt.ABANDON})
    assert stage.commands == ["pending"]
    assert list(stage.rds.snapshots) == [stage.name(1)]


def test_a_run_whose_steps_began_takes_none() -> None:
    stage = Stage(Script(exit=0))
    stage.ecs.scripts[-1] = Script(runs=50)
    with pytest.raises(Interrupted):
        stage.deploy(SnapshotRequest("db-1", pending=PROBE), halts={20: Halt.ABANDON})
    assert stage.deploy() == ""
    assert stage.commands == ["pending", "master"]
    assert stage.rds.snapshots == {}
