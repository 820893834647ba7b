"""The snapshot before the first step: of which database, how long it may take, how many stay. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.errors import GateError
from sluice.inputs.copy_to import CopyTo
from sluice.inputs.keys import refuse_unknown
from sluice.inputs.step import Step

PENDING = "pending"
"""Name of the probe's step; no migration step may have it."""
PENDING_SECONDS = 300
KEPT, LONGEST_KEPT = 5, 50
SECONDS = 3600
"""How long a snapshot may take: the first one of a large database is a full copy."""


@dataclass(frozen=True)
class SnapshotRequest:
    """What is to be done before the first step.

    Attributes:
        instance, cluster: identifier of the one or the other.
        keep: snapshots of this stack that stay.
        timeout: seconds until the snapshot must be available.
        pending: the image's command that exits with 0 when no migration is pending; empty: always take it.
        task_definition: revision that this command runs as, instead of the run's; empty: the run's.
        copy_to: another account that gets a copy; None: none does.
    """

    instance: str = ""
    cluster: str = ""
    keep: int = KEPT
    timeout: int = SECONDS
    pending: tuple[str, ...] = ()
    task_definition: str = ""
    copy_to: CopyTo | None = None

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> SnapshotRequest:
        """Reads it from plain data. Raises GateError naming the key and the remedy."""
        refuse_unknown(cls, raw, "snapshot")
        instance, cluster = str(raw.get("instance") or ""), str(raw.get("cluster") or "")
        if bool(instance) == bool(cluster):
            raise GateError("needs the identifier of a database: either instance or cluster")
        keep, timeout = raw.get("keep", KEPT), raw.get("timeout", SECONDS)
        if not _whole(keep) or not 1 <= keep <= LONGEST_KEPT:
            raise GateError(f"keep is {keep!r}; it must be a whole number from 1 to {LONGEST_KEPT}")
        if not _whole(timeout) or timeout < 1:
            raise GateError(f"timeout is {timeout!r}; it must be a whole number of seconds of at least 1")
        pending = raw.get("pending") or ()
        if not isinstance(pending, list | tuple) or not all(isinstance(part, str) for part in pending):
            raise GateError("pending must be a list of strings, such as [migrate, pending]")
        definition, copy_to = str(raw.get("taskDefinition") or ""), raw.get("copyTo")
        if copy_to is not None and not isinstance(copy_to, Mapping):
            raise GateError(f"copyTo is {copy_to!r}; it must be an object with role and key")
        return cls(
            instance,
            cluster,
            int(keep),
            int(timeout),
            tuple(pending),
            definition,
            CopyTo.parse(copy_to) if copy_to is not None else None,
        )

    @property
    def probe(self) -> Step | None:
        """The step that asks whether anything is pending; None: nobody asks."""
        if not self.pending:
            return None
        return Step(PENDING, self.pending, timeout=PENDING_SECONDS, attempts=1, task_definition=self.task_definition)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
