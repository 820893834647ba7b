"""A deploy of one step after a snapshot, on an RDS that keeps the snapshots of clusters apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sluice.errors import GateError
from sluice.migration.snapshot.snapshot_name import snapshot_tags
from tests.unit.sluice.migration.simulation import Script, client_error
from tests.unit.sluice.migration.snapshot.rds_stage import RECORD_PATH, Rds, Stage, run_record


class StrictRds(Rds):
    """Knows requests, hides a new snapshot for a while, and shows percentages of its own."""

    asked: list[tuple[str, str]]
    hidden: float = 0
    percent: int = 1
    unreadable: Callable[[str], Exception | None] = staticmethod(lambda call: None)

    def describe_db_snapshots(self, DBSnapshotIdentifier: str = "", **filters: str) -> dict[str, Any]:  # noqa: N803
        return {"DBSnapshots": self._found("DBSnapshot", DBSnapshotIdentifier, filters)}

    def describe_db_cluster_snapshots(
        self, DBClusterSnapshotIdentifier: str = "", **filters: str  # noqa: N803
    ) -> dict[str, Any]:  # fmt: skip
        return {"DBClusterSnapshots": self._found("DBClusterSnapshot", DBClusterSnapshotIdentifier, filters)}

    def _found(self, kind: str, name: str, filters: dict[str, str]) -> list[dict[str, Any]]:
        own = {one: self.snapshots[one] for one in self.snapshots if f"{kind}Identifier" in self.snapshots[one]}
        if filters:
            if error := self.unreadable("list"):
                raise error
            return [self._view(one) for one in own.values()]
        if name not in own or self.clock.time < own[name]["at"] + self.hidden:
            raise client_error(f"{kind}NotFound", f"Describe{kind}s")
        return [{**shown, "PercentProgress": self.percent} for shown in [self._view(own[name])]]

    def _create(self, kind: str, name: str, tags: Any) -> None:
        self.asked.append((f"Create{kind}", name))
        super()._create(kind, name, tags)

    def delete_db_snapshot(self, DBSnapshotIdentifier: str) -> None:  # noqa: N803
        if error := self.unreadable("delete"):
            raise error
        super().delete_db_snapshot(DBSnapshotIdentifier)

    def delete_db_cluster_snapshot(self, DBClusterSnapshotIdentifier: str) -> None:  # noqa: N803
        self.delete_db_snapshot(DBClusterSnapshotIdentifier)


class Taking(Stage):
    """*lines* and *progress* are what this deploy printed, each a text."""

    def __init__(self, *scripts: Script, **rds: Any) -> None:
        super().__init__(*scripts)
        self.rds: StrictRds = StrictRds(self.clock, **rds)
        self.rds.asked = []

    def old(self, name: str, at: float = 0, image: str = "sha256:old", kind: str = "DBSnapshot") -> None:
        """An older snapshot of the stack."""
        tags = [{"Key": key, "Value": one} for key, one in snapshot_tags(RECORD_PATH, run_record(image=image)).items()]
        self.rds.snapshots[name] = {f"{kind}Identifier": name, "TagList": tags, "at": at}

    def fails(self, *words: Any, **more: Any) -> str:
        """The whole text of the error that the deploy raises."""
        with pytest.raises(GateError) as failure:
            self.deploy(*words, **more)
        return str(failure.value)

    @property
    def said(self) -> list[str]:
        """The lines about snapshots."""
        return [line for line in self.lines if "snapshot" in line]
