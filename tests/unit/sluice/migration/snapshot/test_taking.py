"""Taking a snapshot: its requests, every line of it, and the whole error when there is none."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.clock import Halt
from sluice.inputs.snapshot import SnapshotRequest
from tests.unit.sluice.migration.simulation import client_error
from tests.unit.sluice.migration.snapshot.taking import Taking

REQUEST = SnapshotRequest("db-1")
AGAIN = "then run `pulumi up` again"


def test_every_line_of_a_snapshot() -> None:
    stage = Taking(states=[(1, "modifying")], takes=2)
    stage.rds.hidden, stage.rds.percent = 1, 34
    name = stage.deploy()
    assert stage.rds.asked == [("CreateDBSnapshot", name)]
    assert stage.said == [
        f"snapshot {name} of database instance db-1 started, before the first step",
        f"snapshot {name} is available after 3 s",
    ]
    waiting = "snapshot: waiting until database instance db-1 is available; it is modifying (0 s)"
    progress = [line for line in stage.progress if "snapshot" in line]
    assert progress[:2] == [waiting, waiting]
    assert f"snapshot {name}: not listed yet, 0 % (1 s)" in progress
    assert progress[-1] == f"snapshot {name}: creating, 34 % (3 s)"


def test_a_snapshot_of_an_earlier_deployer_is_waited_for() -> None:
    stage = Taking()
    stage.fails(halts={10: Halt.ABANDON})
    stage.lines.clear()
    name = stage.deploy()
    assert [asked for asked, _ in stage.rds.asked] == ["CreateDBSnapshot"]
    assert stage.said[0].startswith(f"snapshot {name} was requested by an earlier deployer, at most 1")


CLUSTER = SnapshotRequest(cluster="aurora")


@pytest.mark.parametrize("request_", [REQUEST, CLUSTER], ids=["by an instance", "by name"])
def test_a_clusters_snapshot_of_an_earlier_deployer_is_waited_for(request_: SnapshotRequest) -> None:
    """Also while it is at 0 percent."""
    stage = Taking(cluster="aurora")
    stage.rds.percent = 0
    stage.fails(request_, halts={10: Halt.ABANDON})
    name = stage.deploy(request_)
    assert stage.rds.asked == [("CreateDBClusterSnapshot", name)]
    assert stage.said[-1].startswith(f"snapshot {name} is available after 1 min")


@pytest.mark.parametrize("request_", [REQUEST, CLUSTER], ids=["instance", "cluster"])
def test_a_change_of_the_database_in_between_is_waited_for(request_: SnapshotRequest) -> None:
    kind = "Cluster" if request_.cluster else "Instance"
    code = f"InvalidDB{kind}State" + ("Fault" if request_.cluster else "")
    cluster = "aurora" if request_.cluster else ""
    stage = Taking(cluster=cluster, refuses=[client_error(code, "Create")])
    assert stage.deploy(request_) == stage.name()
    assert len(stage.rds.asked) == 2


@pytest.mark.parametrize("request_", [REQUEST, CLUSTER], ids=["instance", "cluster"])
def test_a_snapshot_that_exists_already_is_the_own_one(request_: SnapshotRequest) -> None:
    """The answer to the first request was lost, and the snapshot is not listed yet."""
    kind = "DBClusterSnapshot" if request_.cluster else "DBSnapshot"
    cluster = "aurora" if request_.cluster else ""
    stage = Taking(cluster=cluster, lost=True)
    stage.rds.hidden = 2
    create = stage.rds._create

    def creates(made: str, name: str, tags: Any) -> None:
        if name in stage.rds.snapshots:
            raise client_error(f"{kind}AlreadyExistsFault", "Create")
        create(made, name, tags)

    stage.rds._create = creates  # type: ignore[method-assign, assignment]
    assert stage.deploy(request_) == stage.name()
    assert stage.rds.asked == [(f"Create{kind}", stage.name())]


@pytest.mark.parametrize(
    ("halt", "cause"), [(Halt.STOP, "cancelled"), (Halt.ABANDON, "the deployer is gone")], ids=["Ctrl-C", "killed"]
)
@pytest.mark.parametrize("moment", [0, 10])
@pytest.mark.parametrize("state", ["available", "modifying"])
def test_an_interruption_says_what_the_next_up_waits_for(halt: Halt, cause: str, moment: float, state: str) -> None:
    stage = Taking(states=[(9e9, state)])
    text = stage.fails(halts={moment: halt})
    awaited = f"snapshot {stage.name()}, which RDS completes" if state == "available" else "database instance db-1"
    assert text == (
        f"{cause} while waiting for {awaited}. No step was started; the next `pulumi up` waits for it and continues"
    )
    assert moment <= stage.clock.elapsed < moment + 3
    assert stage.commands == []


LATE = "Fix: run `pulumi up` again when the database is available, or raise snapshot.timeout (and migrationDeadline, if it is set)"  # noqa: E501 -- one line of the text
NONE: list[tuple[str, SnapshotRequest, dict[str, Any], str]] = [
    (
        "no such instance",
        SnapshotRequest("db-2"),
        {},
        "the database instance db-2 does not exist, so there is no snapshot and no step was started. Fix: correct its "
        "identifier, or run `pulumi refresh` if it was deleted",
    ),
    (
        "broken",
        REQUEST,
        {"states": [(9e9, "storage-full")]},
        "database instance db-1 is 'storage-full': no snapshot can be taken, so no step was started. Fix: bring it "
        f"back to 'available' (RDS console, its events), {AGAIN}",
    ),
    *(
        (
            ends,
            REQUEST,
            {"ends": ends},
            f"snapshot NAME of database instance db-1 ended as {ends!r}, so no step was started. Fix: read the events "
            f"of the database in RDS (aws rds describe-events), {AGAIN}",
        )
        for ends in ("failed", "deleting", "deleted")
    ),
    (
        "never available",
        SnapshotRequest("db-1", timeout=1),
        {"states": [(9e9, "modifying")]},
        "no snapshot of database instance db-1 within 1 s (snapshot: waiting until database instance db-1 is "
        f"available; it is modifying); no snapshot was started and no step was started. {LATE}",
    ),
    (
        "too slow",
        SnapshotRequest("db-1", timeout=1),
        {"takes": 9e9},
        "no snapshot of database instance db-1 within 1 s (snapshot NAME: creating, 1 %); RDS completes snapshot NAME "
        f"and no step was started. {LATE}",
    ),
]


@pytest.mark.parametrize(("request_", "rds", "text"), [one[1:] for one in NONE], ids=[one[0] for one in NONE])
def test_without_a_snapshot_the_error_has_its_fix(request_: SnapshotRequest, rds: dict[str, Any], text: str) -> None:
    stage = Taking(**rds)
    assert stage.fails(request_) == text.replace("NAME", stage.name())
    assert stage.commands == []
    if request_.timeout == 1:
        assert stage.clock.elapsed == 1, "the last pause ends at the timeout"


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "because"}}, "CreateDBSnapshot")


@pytest.mark.parametrize(
    ("error", "words", "cause", "fix"),
    [
        (
            refusal("SnapshotQuotaExceeded"),
            "SnapshotQuotaExceeded",
            "because",
            "delete unneeded snapshots, lower snapshot.keep, or request a higher quota",
        ),
        (
            refusal("AccessDenied"),
            "AccessDenied",
            "because",
            "allow the deployer the IAM actions of sluice/migration/snapshot/snapshot_source.py",
        ),
        (
            refusal("KMSKeyNotAccessibleFault"),
            "KMSKeyNotAccessibleFault",
            "because",
            "allow the deployer to use the database's KMS key",
        ),
        (refusal("InvalidParameterValue"), "InvalidParameterValue", "because", f"correct that, {AGAIN}"),
        (ClientError({}, "CreateDBSnapshot"), "None", "None", f"correct that, {AGAIN}"),
    ],
)
def test_a_refusal_of_rds_has_its_cause_and_fix(error: ClientError, words: str, cause: str, fix: str) -> None:
    stage = Taking(refuses=[error])
    assert stage.fails() == (
        f"AWS refused snapshot {stage.name()} of database instance db-1 (CreateDBSnapshot: {words}), so no step was "
        f"started\n  cause: {cause}\n  fix:   {fix}"
    )
    assert stage.commands == []


def test_an_outage_names_the_database() -> None:
    stage = Taking()
    stage.rds.describe_db_instances = lambda **_: _throttled()  # type: ignore[method-assign]
    assert stage.fails().startswith("AWS could not be reached while taking a snapshot of database instance db-1 (")


def _throttled() -> Any:
    raise client_error("ThrottlingException", "DescribeDBInstances")
