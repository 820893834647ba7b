"""The snapshot before the first step: its name, what is kept, and its way on simulated time against RDS' own shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sluice.aws.tasks import Place
from sluice.clock import Halt
from sluice.errors import GateError, Interrupted, NotPrepared
from sluice.inputs.snapshot import SnapshotRequest
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord
from sluice.migration.run import migrate
from sluice.migration.snapshot.snapshot import Snapshot
from sluice.migration.snapshot.snapshot_name import IMAGE, RECORDS, RUN, Taken, snapshot_name, snapshot_tags, surplus
from sluice.migration.snapshot.snapshot_source import SnapshotSource
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, Clock, Ecs, Records, Script, client_error

PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), ("sg-1",), False)
RECORD_PATH = "/sluice/notes/prod/runs"
PROBE = ("migrate", "pending")


REQUEST, HASTY = SnapshotRequest("db-1"), SnapshotRequest("db-1", timeout=90)


def run_record(number: int = 7, nonce: str = "ab12cd34", image: str = "sha256:aa") -> RunRecord:
    return RunRecord(number, "up", "f", image, "ann@host", 0, nonce=nonce)


# -- names and keeping


@pytest.mark.parametrize(
    ("records", "number", "nonce", "name"),
    [
        ("/sluice/notes/prod/runs", 7, "ab12", "sluice-notes-prod-run-7-ab12"),
        ("/sluice/My_App/eu--west.1/runs", 12, "00ff", "sluice-my-app-eu-west-1-run-12-00ff"),
        ("/sluice/-a-/-b-/runs", 1, "a", "sluice-a-b-run-1-a"),
        ("/sluice/runs/runs/runs", 1, "", "sluice-runs-runs-run-1"),
    ],
)
def test_a_snapshot_is_named_after_its_run(records: str, number: int, nonce: str, name: str) -> None:
    assert snapshot_name(records, run_record(number, nonce)) == name


@pytest.mark.parametrize("length", [1, 100, 226, 227, 228, 229, 230, 400])
def test_any_name_is_one_that_rds_accepts(length: int) -> None:
    name = snapshot_name(f"/sluice/{'a-' * length}/ä/runs", run_record(123456))
    assert re.fullmatch(r"[a-z]([a-z0-9]|-(?!-))*[a-z0-9]", name)
    assert len(name) <= 255
    assert name.endswith("-run-123456-ab12cd34"), "two runs never share a name, however long the stack's is"


def taken(number: int, image: str = "sha256:aa", records: str = RECORD_PATH, status: str = "available") -> Taken:
    return Taken(f"s-{number}", status, float(number), {RECORDS: records, IMAGE: image, RUN: str(number)})


@pytest.mark.parametrize(
    ("found", "keep", "deleted"),
    [
        ([taken(1, "b"), taken(2, "c"), taken(9)], 2, ["s-1"]),
        ([taken(1, "b"), taken(2, "c"), taken(9)], 3, []),
        ([taken(1, "b"), taken(2, "c"), taken(9)], 1, ["s-1", "s-2"]),
        # somebody else's, and one made by hand under a name like ours
        ([taken(1, "b", "/sluice/notes/staging/runs"), taken(9)], 1, []),
        ([Taken("sluice-notes-prod-run-2", "available", 2, {}), taken(9)], 1, []),
        # the first one of the image at hand outlives its retries
        ([taken(1), taken(2), taken(3), taken(9)], 2, ["s-2"]),
        # one that is still being made is not counted, nor deleted; a failed one goes
        ([taken(1, "b", status="creating"), taken(2, "c", status="failed"), taken(9)], 1, ["s-2"]),
        ([], 1, []),
    ],
)  # fmt: skip
def test_only_what_is_ours_and_too_many_is_deleted(found: list[Taken], keep: int, deleted: list[str]) -> None:
    assert surplus(found, RECORD_PATH, "s-9", keep) == deleted


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


# -- its way


@dataclass
class Rds:
    """An instance whose states follow a script of (until second, state), and snapshots that take their time."""

    clock: Clock
    states: list[tuple[float, str]] = field(default_factory=list)
    takes: float = 100
    ends: str = "available"
    cluster: str = ""
    refuses: list[ClientError] = field(default_factory=list)
    lost: bool = False
    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def describe_db_instances(self, DBInstanceIdentifier: str) -> dict[str, Any]:  # noqa: N803 -- AWS' names
        if DBInstanceIdentifier != "db-1":
            raise client_error("DBInstanceNotFound", "DescribeDBInstances")
        state = next((state for until, state in self.states if self.clock.elapsed < until), "available")
        belongs = {"DBClusterIdentifier": self.cluster} if self.cluster else {}
        return {"DBInstances": [{"DBInstanceStatus": state, **belongs}]}

    def describe_db_clusters(self, DBClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803
        if DBClusterIdentifier != self.cluster:
            raise client_error("DBClusterNotFoundFault", "DescribeDBClusters")
        return {"DBClusters": [{"Status": "available"}]}

    def create_db_snapshot(self, DBInstanceIdentifier: str, DBSnapshotIdentifier: str, Tags: Any) -> None:  # noqa: N803
        self._create("DBSnapshot", DBSnapshotIdentifier, Tags)

    def create_db_cluster_snapshot(
        self, DBClusterIdentifier: str, DBClusterSnapshotIdentifier: str, Tags: Any  # noqa: N803
    ) -> None:  # fmt: skip
        self._create("DBClusterSnapshot", DBClusterSnapshotIdentifier, Tags)

    def _create(self, kind: str, name: str, tags: Any) -> None:
        if self.refuses:
            raise self.refuses.pop(0)
        if name in self.snapshots:
            raise client_error("DBSnapshotAlreadyExists", "CreateDBSnapshot")
        self.snapshots[name] = {f"{kind}Identifier": name, "TagList": tags, "at": self.clock.time}
        if self.lost:
            self.lost = False
            raise client_error("InternalFailure", "CreateDBSnapshot", 500)

    def _view(self, one: dict[str, Any]) -> dict[str, Any]:
        done = self.clock.time >= one["at"] + self.takes
        made = {"SnapshotCreateTime": datetime.fromtimestamp(one["at"], UTC)} if done else {}
        return {**one, **made, "Status": self.ends if done else "creating", "PercentProgress": 100 if done else 1}

    def describe_db_snapshots(self, DBSnapshotIdentifier: str = "", **filters: str) -> dict[str, Any]:  # noqa: N803
        if DBSnapshotIdentifier and DBSnapshotIdentifier not in self.snapshots:
            raise client_error("DBSnapshotNotFound", "DescribeDBSnapshots")
        names = [DBSnapshotIdentifier] if DBSnapshotIdentifier else list(self.snapshots)
        return {"DBSnapshots": [self._view(self.snapshots[name]) for name in names]}

    def describe_db_cluster_snapshots(
        self, DBClusterSnapshotIdentifier: str = "", **filters: str  # noqa: N803
    ) -> dict[str, Any]:  # fmt: skip
        return {"DBClusterSnapshots": self.describe_db_snapshots(DBClusterSnapshotIdentifier)["DBSnapshots"]}

    def delete_db_snapshot(self, DBSnapshotIdentifier: str) -> None:  # noqa: N803
        del self.snapshots[DBSnapshotIdentifier]
        self.deleted.append(DBSnapshotIdentifier)

    def get_paginator(self, operation: str) -> Any:
        rds = self

        class Paginator:
            def paginate(self, **request: str) -> list[dict[str, Any]]:
                assert request.pop("SnapshotType") == "manual"
                return [getattr(rds, operation)(**request)]

        return Paginator()


class Stage:
    """A deploy of one step after a snapshot."""

    def __init__(self, *scripts: Script, **rds: Any) -> None:
        self.clock = Clock()
        self.ecs = Ecs(self.clock, [*scripts, Script()] if scripts else [Script()])
        self.rds = Rds(self.clock, **rds)
        self.records = Records()
        self.lines: list[str] = []
        self.progress: list[str] = []

    def deploy(
        self, wish: SnapshotRequest | None = None, halts: dict[float, Halt] | None = None, deadline: float = 0
    ) -> str:
        self.clock.halts = {self.clock.elapsed + moment: halt for moment, halt in (halts or {}).items()}
        to = Deployer(self.ecs, self.ecs, self.records, self.clock, self._log, "ann@host")  # type: ignore[arg-type]
        until = self.clock.now() + deadline if deadline else None
        before = Snapshot(to, self.rds, wish or SnapshotRequest(instance="db-1"), PLACE, until)
        subject = MigrationSubject(
            "repo@sha256:aa", (Step("master", ("migrate", "master"), timeout=60),), {}, {}, "db-1"
        )
        migrate(to, subject, "before", PLACE, deadline=deadline, prepare=lambda run, _: before(run))
        return before.taken

    def _log(self, text: str, ephemeral: bool) -> None:
        assert isinstance(ephemeral, bool)
        (self.progress if ephemeral else self.lines).append(text)

    def name(self, number: int = 1) -> str:
        return f"sluice-notes-prod-run-{number}-{self.records.runs[number].nonce}"

    @property
    def commands(self) -> list[str]:
        return [task.command[-1] for task in self.ecs.tasks]


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


# -- is anything pending?


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


# -- against moto


@pytest.fixture
def rds(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield boto3.client("rds", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def test_what_goes_to_rds_and_comes_back(rds: Any) -> None:
    made = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    rds.create_db_instance(DBInstanceIdentifier="db-1", MasterUsername="a", MasterUserPassword="b" * 12, **made)
    source = SnapshotSource(rds, "db-1")
    assert source.state() == ("available", "")
    assert SnapshotSource(rds, "db-2").state() == ("", "")
    assert source.snapshot("s-1") == ("", 0)
    source.create("s-1", snapshot_tags(RECORD_PATH, run_record()))
    assert source.snapshot("s-1")[0] == "available"
    [found] = source.all()
    assert (found.name, found.status, found.tags[RECORDS], found.tags[RUN]) == ("s-1", "available", RECORD_PATH, "7")
    assert found.created > 1_600_000_000
    source.delete("s-1")
    assert source.all() == []


def test_the_same_for_a_cluster(rds: Any) -> None:
    rds.create_db_cluster(
        DBClusterIdentifier="c-1", Engine="aurora-postgresql", MasterUsername="a", MasterUserPassword="b" * 12
    )
    source = SnapshotSource(rds, "c-1", cluster=True)
    assert source.state() == ("available", "")
    assert SnapshotSource(rds, "c-2", cluster=True).state() == ("", "")
    assert source.snapshot("s-1") == ("", 0)
    source.create("s-1", {"a": "b"})
    assert source.snapshot("s-1")[0] == "available"
    assert [(one.name, one.tags) for one in source.all()] == [("s-1", {"a": "b"})]
    source.delete("s-1")
    assert source.all() == []
