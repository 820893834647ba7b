"""Runs the pending migrations on the scratch database, from the released schema, while the released version serves."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from check.image.build import ImageConfig
from check.migrations import catalog, release, steps
from check.migrations.catalog import Table
from check.migrations.locks import Held, LockSampler
from check.migrations.release import StartingSchema
from check.migrations.statement import changes, names
from check.migrations.steps import FinishedStep, TrialPlace
from check.result import Broken
from check.service.serving import body, service
from infra.settings.migrations import Step

_READS = re.compile(
    r"verif|check|\bstatus\b|validate|\bcurrent\b|pending|\bshow\b|\binfo\b|history|\bdiff\b|\btest\b", re.IGNORECASE
)
"""Names and commands of a step that only verifies."""


@dataclass
class Trial:
    """One trial of the pending migrations.

    Attributes:
        place: the settings, the scratch database and its users.
        start: the schema that the pending migrations start from.
        before: steps that ran before them: the released version's, the seed, a first pass.
        names: all names in the released schema.
        tables: of the released schema.
        seeded: names of the databases and objects that the seed created.
        pending: the steps with the pending migrations; None before they ran.
        locks: those that they held; None when they could not be sampled.
        lives: whether the released version still works; None without one.
        seconds: duration of the pending migrations.
    """

    place: TrialPlace
    start: StartingSchema = field(default_factory=StartingSchema)
    before: list[FinishedStep] = field(default_factory=list)
    names: frozenset[str] = frozenset()
    tables: Sequence[Table] = ()
    seeded: frozenset[str] = frozenset()
    pending: list[FinishedStep] | None = None
    locks: list[Held] | None = None
    lives: str | Broken | None = None
    seconds: float = 0.0

    def begin(self, start: StartingSchema, built: ImageConfig) -> None:
        """Seed the released schema, and record its names."""
        self.start, self.before = start, list(start.ran)
        self._seed(start.image, built)
        self.names, self.tables = catalog.names(self.place.scratch), catalog.tables(self.place.scratch)

    def _seed(self, old: ImageConfig | None, built: ImageConfig) -> None:
        if not self.place.settings.check.seed:
            return
        before = self._names()
        self.before.append(release.seeded(self.place, old, built))
        self.seeded = self._names() - before

    def _names(self) -> frozenset[str]:
        return catalog.names(self.place.scratch).union(self.place.scratch.databases())

    def run(self, built: ImageConfig) -> None:
        """Run the pending migrations; on an empty database twice, because the seed needs tables first."""
        if self.start.empty and self.place.settings.check.seed:
            self.before += steps.run(self.place, built)
            self._seed(None, built)
        begun = time.monotonic()
        with LockSampler(self.place.scratch, self.tables) as watch:
            pending = self._while_serving(self.start.image, built) if self.start.image else steps.run(self.place, built)
        self.seconds = time.monotonic() - begun
        self.locks = watch.held([one for ran in pending for one in ran.statements]) if watch.seen else None
        self.pending = pending

    def _while_serving(self, released: ImageConfig, built: ImageConfig) -> list[FinishedStep]:
        """Migrate while the released version serves, as in a deployment, and check that it works on the new schema."""
        path = self.place.settings.app.health_path
        with ExitStack() as running:
            try:
                old = running.enter_context(service(self.place, released))
                old.await_ready()
            except Broken as broken:
                self.lives = f"not known: the released version itself does not run here ({broken.what})"
                running.close()
                return steps.run(self.place, built)
            ran = steps.run(self.place, built, phases=("before",))
            answer = old.ask(path)
            if answer.status == 200:
                self.lives = f"it answers 200 at {path} on the new schema"
            else:
                said = f": {body(answer)}" if answer.status and body(answer) else ""
                self.lives = Broken(
                    f"the released version answers {answer.status or 'nothing'} at {path} once the migrations have run"
                    f"{said}",
                    "it serves until the new version is healthy: add first, remove in a later release"
                    " (docs/zero-downtime.md)",
                    old.output(),
                )
        return ran + steps.run(self.place, built, phases=("after",))


def tally(trial: Trial) -> str:
    """Return each step's number of changing statements, the pending ones first: `migrate 3 of 15`."""
    found = []
    for ran in trial.pending or ():
        own = _count(ran)
        whole = own + sum(_count(one) for one in trial.before if one.step.name == ran.step.name)
        found.append(f"{ran.step.name} {own}" + (f" ({whole} with the released ones)" if whole != own else ""))
    return ", ".join(found)


def idle(trial: Trial) -> list[Step]:
    """Return the steps whose migrations were not tried: they changed nothing in any run, and used nothing of the seed.

    Steps that only verify are left out.
    """
    ran = trial.pending or []
    worked = {one.step.name for one in [*trial.before, *ran] if _count(one) or _visited(one, trial.seeded)}
    return [one.step for one in ran if one.step.name not in worked and not looks(one.step)]


def looks(step: Step) -> bool:
    """Return whether a step only verifies, by its name or command."""
    return any(_READS.search(word) for word in (step.name, *step.command))


def _visited(ran: FinishedStep, seeded: frozenset[str]) -> bool:
    """Return whether a step used a database or another object that the seed created."""
    return bool(seeded) and any(one.database in seeded or names(one.text) & seeded for one in ran.statements)


def _count(ran: FinishedStep) -> int:
    return sum(changes(one.text) for one in ran.statements)
