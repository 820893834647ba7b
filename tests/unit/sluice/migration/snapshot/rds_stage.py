"""A deploy of one step after a snapshot, against an RDS on simulated time in the shapes of its API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.tasks import Place
from sluice.clock import Halt
from sluice.inputs.snapshot import SnapshotRequest
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord
from sluice.migration.run import migrate
from sluice.migration.snapshot.snapshot import Snapshot
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, Clock, Ecs, Records, Script, client_error

PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), ("sg-1",), False)
RECORD_PATH = "/sluice/notes/prod/runs"


def run_record(number: int = 7, nonce: str = "ab12cd34", image: str = "sha256:aa") -> RunRecord:
    return RunRecord(number, "up", "f", image, "ann@host", 0, nonce=nonce)


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
