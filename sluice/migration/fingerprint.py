"""What makes a database's migration state: when any of it changes, the steps run again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.inputs.step import Step


@dataclass(frozen=True)
class Subject:
    """What a run is about.

    Attributes:
        image: the image by digest (``repository@sha256:…``).
        steps: the steps of this run's phase, in order.
        environment: of the migration task, as written.
        secrets: name to ``valueFrom``, as written: never the resolved version, because RDS rotates the master secret
            weekly and a rotation is no reason to migrate.
        database: the database's own identity (RDS: DbiResourceId), which changes when it is recreated or restored.
    """

    image: str
    steps: tuple[Step, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    database: str

    @property
    def digest(self) -> str:
        """The digest alone: the same image under another registry's name is the same image."""
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
        """Hex digest over everything that decides whether the steps must run."""
        return hashlib.sha256(json.dumps(self.parts(), sort_keys=True).encode()).hexdigest()[:32]


_WORDS = {
    "image": "the image",
    "steps": "the steps",
    "environment": "the migration task's environment",
    "secrets": "the migration task's secrets",
    "database": "the database itself (recreated or restored)",
}


def changed(old: Subject, new: Subject) -> Sequence[str]:
    """Return what differs between two subjects, in words; empty when nothing has to run."""
    before, after = old.parts(), new.parts()
    return [words for key, words in _WORDS.items() if before[key] != after[key]]
