"""The fingerprint of a migration: when it changes, the steps run again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.inputs.step import Step


@dataclass(frozen=True)
class MigrationSubject:
    """Everything whose change runs the steps again.

    Attributes:
        image: the image by digest (``repository@sha256:…``).
        steps: the steps of this run's phase, in order.
        environment: of the migration task, as written.
        secrets: ``valueFrom`` by name, as written: not the resolved version, because RDS rotates the master secret
            weekly and a rotation must not run the steps.
        database: the database's own identity (RDS: DbiResourceId), which changes when it is recreated or restored.
    """

    image: str
    steps: tuple[Step, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    database: str

    @property
    def digest(self) -> str:
        """The digest without the repository: the same image in another registry is the same image."""
        return self.image.rpartition("@")[2]

    def parts(self) -> dict[str, object]:
        return {
            "image": self.digest,
            "steps": [step.as_plain() for step in self.steps],
            "environment": dict(sorted(self.environment.items())),
            "secrets": dict(sorted(self.secrets.items())),
            "database": self.database,
        }

    @property
    def fingerprint(self) -> str:
        """Return a hex digest of all parts."""
        return hashlib.sha256(json.dumps(self.parts(), sort_keys=True).encode()).hexdigest()[:32]


_LABELS = {
    "image": "the image",
    "steps": "the steps",
    "environment": "the migration task's environment",
    "secrets": "the migration task's secrets",
    "database": "the database itself (recreated or restored)",
}


def changed(old: MigrationSubject, new: MigrationSubject) -> Sequence[str]:
    """Return the names of the parts that differ; empty when no step has to run."""
    before, after = old.parts(), new.parts()
    return [labels for key, labels in _LABELS.items() if before[key] != after[key]]
