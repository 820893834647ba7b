"""The snapshot before the first step, on simulated time against an RDS in the shapes of its API."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest

from sluice.clock import Halt
from sluice.errors import GateError, Interrupted, NotPrepared
from sluice.inputs.snapshot import SnapshotRequest
from sluice.migration.snapshot.snapshot_name import IMAGE, RECORDS, RUN, snapshot_tags
from tests.unit.sluice.migration.simulation import client_error
from tests.unit.sluice.migration.snapshot.rds_stage import RECORD_PATH, Stage, run_record

REQUEST, HASTY = SnapshotRequest("db-1"), SnapshotRequest("db-1", timeout=90)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({}, "either instance or cluster"),
        ({"instance": "a", "cluster": "b"}, "either instance or cluster"),
        ({"instance": "a", "keep": 0}, "keep is 0"),
        ({"instance": "a", "keep": True}, "keep is True"),
        ({"instance": "a", "timeout": "1"}, "timeout is '1'"),
        ({"instance": "a", "pending": "migrate"}, "must be a list"),
        ({"instance": "a", "before": True}, "unknown key 'before'"),
    ],
)
def test_wrong_wishes(raw: dict[str, Any], says: str) -> None:
    with pytest.raises(GateError, match=says):
        SnapshotRequest.parse(raw)


def test_no_step_starts_before_the_snapshot_is_available() -> None:
    stage = Stage()
    assert stage.deploy() == stage.name()
    [task] = stage.ecs.tasks
    assert task.created >= stage.clock.started + 100
    tags = {tag["Key"]: tag["Value"] for tag in stage.rds.snapshots[stage.name()]["TagList"]}
    assert tags == {RECORDS: RECORD_PATH, RUN: "1", IMAGE: "sha256:aa"}
    assert any("creating, 1 %" in line for line in stage.progress)
    assert any(re.search(r"is available after 1 min 4\d s|is available after 1 min", line) for line in stage.lines)


def test_it_waits_until_the_instance_can_be_copied() -> None:
    stage = Stage(states=[(50, "backing-up"), (60, "modifying")])
    stage.deploy()
    assert stage.rds.snapshots[stage.name()]["at"] >= stage.clock.started + 60
    assert any("it is backing-up" in line for line in stage.progress)


def test_a_change_in_between_is_waited_for() -> None:
    stage = Stage(refuses=[client_error("InvalidDBInstanceState", "CreateDBSnapshot")])
    assert stage.deploy() == stage.name()


def test_a_lost_answer_makes_no_second_one() -> None:
    stage = Stage(lost=True)
    stage.deploy()
    assert list(stage.rds.snapshots) == [stage.name()]


def test_an_instance_of_a_cluster_is_copied_as_its_cluster() -> None:
    stage = Stage(cluster="aurora")
    stage.deploy()
    assert "DBClusterSnapshotIdentifier" in stage.rds.snapshots[stage.name()]


def test_a_cluster_by_name() -> None:
    stage = Stage(cluster="aurora")
    stage.deploy(SnapshotRequest(cluster="aurora"))
    assert "DBClusterSnapshotIdentifier" in stage.rds.snapshots[stage.name()]


@pytest.mark.parametrize(
    ("made", "wish", "says"),
    [
        ({"states": [(9e9, "storage-full")]}, SnapshotRequest("db-1"), "is 'storage-full'"),
        ({"states": [(9e9, "incompatible-network")]}, SnapshotRequest("db-1"), "is 'incompatible-network'"),
        ({}, SnapshotRequest("db-2"), "the database instance db-2 does not exist"),
        ({}, SnapshotRequest(cluster="c"), "the cluster c does not exist"),
        ({"ends": "failed"}, SnapshotRequest("db-1"), "ended as 'failed'"),
        ({"states": [(9e9, "modifying")]}, HASTY, r"within 1 min 30 s .*no snapshot was started"),
        ({"takes": 9e9}, HASTY, r"within 1 min 30 s .*RDS completes"),
        ({"refuses": [client_error("SnapshotQuotaExceeded", "Create")]}, REQUEST, "request a higher quota"),
        ({"refuses": [client_error("AccessDenied", "CreateDBSnapshot")]}, SnapshotRequest("db-1"), "IAM actions"),
    ],
)  # fmt: skip
def test_without_a_snapshot_no_step_is_started(made: dict[str, Any], wish: SnapshotRequest, says: str) -> None:
    stage = Stage(**deepcopy(made))  # what is refused is used up
    with pytest.raises(NotPrepared, match=says) as failure:
        stage.deploy(wish)
    assert "no step was started" in str(failure.value)
    assert stage.ecs.tasks == []
    assert stage.records.runs[1].state == "failed"


def test_the_deadline_of_all_steps_holds_for_it_too() -> None:
    stage = Stage(takes=9e9)
    with pytest.raises(NotPrepared, match="within 2 min"):
        stage.deploy(deadline=120)


@pytest.mark.parametrize("halt", list(Halt))
def test_an_interruption_ends_the_wait_and_the_next_update_waits_for_the_same_snapshot(halt: Halt) -> None:
    stage = Stage()
    with pytest.raises(Interrupted, match="which RDS completes"):
        stage.deploy(halts={10: halt})
    assert stage.clock.elapsed < 16
    assert stage.records.runs[1].open
    assert stage.deploy() == stage.name(1)
    assert list(stage.rds.snapshots) == [stage.name(1)], "no second snapshot"
    assert any(re.search(r"by an earlier deployer, at most 1\d s ago", line) for line in stage.lines)
    assert list(stage.records.runs) == [1]


def test_older_ones_go_only_after_the_new_one_is_there_and_never_anybody_elses() -> None:
    stage = Stage(takes=10)
    for number, records in enumerate((RECORD_PATH, RECORD_PATH, "/sluice/notes/staging/runs")):
        tags = snapshot_tags(records, run_record(image=f"sha256:{number}"))
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        stage.rds.snapshots[f"old-{number}"] = {
            "DBSnapshotIdentifier": f"old-{number}",
            "TagList": listed,
            "at": number,
        }
    stage.deploy(SnapshotRequest("db-1", keep=2))
    assert stage.rds.deleted == ["old-0"]


def test_trouble_with_the_older_ones_is_a_warning() -> None:
    stage = Stage()
    stage.rds.get_paginator = _denied  # type: ignore[method-assign]
    assert stage.deploy() == stage.name()
    assert any(line.startswith("warning: older snapshots") for line in stage.lines)
    assert stage.commands == ["master"]


def test_a_deployer_that_may_delete_none_says_who_may() -> None:
    """Production's: its last copies survive whoever has the deploy role."""
    stage = Stage()
    tags = [{"Key": key, "Value": value} for key, value in snapshot_tags(RECORD_PATH, run_record(image="x")).items()]
    for number in range(2):
        name = f"old-{number}"
        stage.rds.snapshots[name] = {"DBSnapshotIdentifier": name, "TagList": tags, "at": number}

    def delete(DBSnapshotIdentifier: str) -> None:  # noqa: N803
        raise client_error("AccessDenied", "DeleteDBSnapshot")

    stage.rds.delete_db_snapshot = delete  # type: ignore[method-assign]
    assert stage.deploy(SnapshotRequest("db-1", keep=1)) == stage.name()
    [said] = [line for line in stage.lines if "older snapshots" in line]
    assert said.startswith(
        "2 older snapshots of this stack are kept: this deployer may not delete them. An administrator"
    )
    assert said.endswith("aws rds delete-db-snapshot --db-snapshot-identifier NAME, for old-0, old-1")
    assert stage.commands == ["master"]


def _denied(operation: str) -> Any:
    raise client_error("AccessDenied", "DescribeDBSnapshots")
