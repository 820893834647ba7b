"""A stage for one run of one deployer, with the record and the result that are expected of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord
from sluice.migration.run import RunResult, StepResult, migrate
from sluice.release.names import Names
from tests.unit.sluice.migration.simulation import Clock, Ecs, Records, Script, client_error
from tests.unit.sluice.rollout.deploying import MASTER, PLACE, VERIFY, subject

BOTH = subject(MASTER, VERIFY)
EXPIRED = client_error("ExpiredTokenException", "x")


class Stage:
    """One deployer, which began at the same second as the clock."""

    def __init__(self, *scripts: Script) -> None:
        self.clock, self.records = Clock(), Records()
        self.ecs = Ecs(self.clock, list(scripts))
        self.log: list[tuple[str, bool]] = []
        self.deployer = Deployer(
            self.ecs,
            self.ecs,
            self.records,  # type: ignore[arg-type]
            self.clock,
            lambda *line: self.log.append(line),
            "ann@host",
            owner="a",
            began=self.clock.time,
            names=Names("2.4", "1a5c0d0"),
        )

    def run(self, what: MigrationSubject = BOTH, phase: str = "before") -> RunResult:
        return migrate(self.deployer, what, phase, PLACE)

    def record(self, number: int = 1, **more: Any) -> RunRecord:
        """The record of a run that began at once, with the nonce that it was given."""
        nonce = self.records.runs[number].nonce
        assert re.fullmatch("[0-9a-f]{8}", nonce)
        return replace(
            RunRecord(
                number, "up", BOTH.fingerprint, "sha256:a", "ann@host", 1_000_000, "before", ("master", "verify"),
                nonce=nonce, owner="a", version="2.4", revision="1a5c0d0",
            ),
            **more,
        )  # fmt: skip

    def result(self, number: int, *seconds: int) -> RunResult:
        """A success of both steps, each with one task."""
        steps = []
        for step, task, took in zip(("master", "verify"), self.ecs.tasks, seconds, strict=True):
            name = task.arn.rpartition("/")[2]
            steps.append(StepResult(step, (name,), (0,), 1, took, (f"migration/app/{name}",)))
        return RunResult(number, BOTH.fingerprint, tuple(steps))

    def unlist(self, number: int) -> None:
        """The list of the runs does not have this one yet."""
        everything = self.records.all
        self.records.all = lambda: [run for run in everything() if run.number != number]  # type: ignore[method-assign]
