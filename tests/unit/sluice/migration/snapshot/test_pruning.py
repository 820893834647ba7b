"""Older snapshots: which are deleted after the new one, what is said of them, and what never stops the migration."""

from __future__ import annotations

import pytest

from sluice.clock import Halt
from sluice.inputs.snapshot import SnapshotRequest
from sluice.migration.records.deployer import Deployer
from sluice.migration.snapshot.snapshot import Snapshot
from sluice.migration.snapshot.snapshot_copy import Copies
from tests.unit.sluice.migration.simulation import client_error
from tests.unit.sluice.migration.snapshot.rds_stage import PLACE
from tests.unit.sluice.migration.snapshot.taking import Taking
from tests.unit.sluice.migration.snapshot.test_snapshot_copy import TO, CopyStage

ONE = SnapshotRequest("db-1", keep=1)
CLUSTER = SnapshotRequest(cluster="aurora", keep=1)
DENIED = client_error("AccessDeniedException", "DeleteDBSnapshot")


def test_what_is_deleted_is_said() -> None:
    stage = Taking()
    for number in range(3):
        stage.old(f"old-{number}", at=number)
    stage.deploy(SnapshotRequest("db-1", keep=2))
    assert stage.rds.deleted == ["old-0", "old-1"]
    assert stage.said[-1] == "deleted older snapshots of this stack: old-0, old-1"


def test_the_first_snapshot_of_this_image_is_kept() -> None:
    """The data before the first attempt of a migration that is tried again."""
    stage = Taking()
    stage.old("first", at=1, image="sha256:aa")
    stage.old("second", at=2, image="sha256:aa")
    stage.deploy(ONE)
    assert stage.rds.deleted == ["second"]


def test_without_old_ones_nothing_is_said() -> None:
    stage = Taking()
    stage.deploy(ONE)
    assert [line.partition(stage.name())[2][:12] for line in stage.said] == [" of database", " is availabl"]


@pytest.mark.parametrize("call", ["list", "delete"])
@pytest.mark.parametrize("code", ["InvalidDBSnapshotState", "AccessDeniedException"])
def test_what_cannot_be_deleted_is_a_warning(call: str, code: str) -> None:
    stage = Taking()
    error = client_error(code, "Delete")
    stage.old("old")
    stage.rds.unreadable = lambda called: error if called == call else None
    stage.deploy(ONE)
    expected = f"warning: older snapshots of this stack could not be deleted: {error}"
    if (call, code) == ("delete", "AccessDeniedException"):
        expected = kept("", 1, "old")
    assert stage.said[-1] == expected
    assert stage.commands == ["master"]


def test_an_outage_is_a_warning() -> None:
    stage = Taking()
    stage.rds.unreadable = lambda call: client_error("ThrottlingException", "Describe")
    stage.deploy(ONE)
    assert stage.said[-1].startswith(
        "warning: older snapshots of this stack could not be deleted: AWS could not be reached while taking a snapshot "
    )
    assert stage.commands == ["master"]


def kept(kind: str, count: int, names: str) -> str:
    return (
        f"{count} older snapshots of this stack are kept: this deployer may not delete them. An administrator can, "
        f"before they reach RDS's quota of manual snapshots: aws rds delete-db-{kind}snapshot "
        f"--db-{kind}snapshot-identifier NAME, for {names}"
    )


@pytest.mark.parametrize(
    ("request_", "kind"), [(ONE, ""), (CLUSTER, "cluster-")], ids=["of an instance", "of a cluster"]
)
@pytest.mark.parametrize("count", [1, 10, 11])
def test_the_command_for_an_administrator_names_ten(request_: SnapshotRequest, kind: str, count: int) -> None:
    stage = Taking(cluster="aurora" if kind else "")
    for number in range(count):
        stage.old(f"old-{number:02}", number, kind="DBClusterSnapshot" if kind else "DBSnapshot")
    stage.rds.unreadable = lambda call: DENIED if call == "delete" else None
    stage.deploy(request_)
    names = ", ".join(f"old-{number:02}" for number in range(min(count, 10)))
    assert stage.said[-1] == kept(kind, count, names + (", …" if count > 10 else ""))


def test_ctrl_c_ends_the_deleting() -> None:
    stage = Taking()
    stage.old("old")
    stage.rds.unreadable = lambda call: stage.clock.halts.update({0: Halt.STOP})
    stage.fails(ONE)
    assert stage.rds.deleted == []


# -- with copies


def test_earlier_snapshots_that_cannot_be_listed_are_not_deleted() -> None:
    stage = CopyStage()
    stage.old()
    error = client_error("AccessDenied", "DescribeDBSnapshots")

    def denied(operation: str) -> None:
        raise error

    stage.rds.get_paginator = denied  # type: ignore[method-assign]
    stage.migrate(keep=1)
    assert f"warning: earlier snapshots of this stack cannot be listed: {error}" in stage.lines
    assert stage.rds.deleted == []
    assert not [line for line in stage.lines if "could not be deleted" in line], "it is not tried"


def test_only_the_copy_of_a_snapshot_that_was_taken_is_reported() -> None:
    stage = CopyStage()
    to = Deployer(stage.ecs, stage.ecs, stage.records, stage.clock, stage._log, "ann@host")  # type: ignore[arg-type]
    without_copies = Snapshot(to, stage.rds, ONE, PLACE)
    without_copies.taken = "s"
    without_copies.report_copy()
    copies = Copies(TO, lambda: stage.elsewhere, stage.clock, stage._log, lambda failed: None)
    Snapshot(to, stage.rds, ONE, PLACE, None, copies).report_copy()
    assert (stage.elsewhere.looked, stage.lines, stage.progress) == (0, [], [])
