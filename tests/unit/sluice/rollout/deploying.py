"""A stage for runs: one simulated cloud, one store of records, any number of deployers after each other."""

from __future__ import annotations

from sluice.aws.tasks import Place
from sluice.clock import Halt
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.records.deployer import Deployer
from sluice.migration.run import Prepare, RunResult, migrate
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, Clock, Ecs, Records, Script

PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), ("sg-1",), False)
MASTER = Step("master", ("migrate", "master"), timeout=60)
VERIFY = Step("verify", ("migrate", "verify"), timeout=60)


def subject(*steps: Step, image: str = "a") -> MigrationSubject:
    return MigrationSubject(f"repo@sha256:{image}", steps or (MASTER,), {}, {}, "db-1")


class Stage:
    """One cloud, one store of records, any number of deployers after each other."""

    def __init__(self, *scripts: Script, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.ecs = Ecs(self.clock, list(scripts))
        self.records = Records()
        self.lines: list[str] = []
        self.progress: list[str] = []

    def deploy(
        self,
        what: MigrationSubject | None = None,
        halts: dict[float, Halt] | None = None,
        deadline: float = 0,
        prepare: Prepare | None = None,
        place: Place = PLACE,
    ) -> RunResult:
        self.clock.halts = {self.clock.elapsed + moment: halt for moment, halt in (halts or {}).items()}
        to = Deployer(self.ecs, self.ecs, self.records, self.clock, self._log, "ann@host")  # type: ignore[arg-type]
        return migrate(to, what or subject(), "before", place, deadline=deadline, prepare=prepare)

    def _log(self, text: str, ephemeral: bool) -> None:
        (self.progress if ephemeral else self.lines).append(text)
