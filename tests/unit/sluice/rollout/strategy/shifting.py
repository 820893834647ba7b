"""A stage for rollouts that shift traffic: the simulated cloud, the records, and any number of deployers in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.author import Identity
from sluice.clock import Halt
from sluice.inputs.smoke import Smoke
from sluice.inputs.strategy import Strategy
from sluice.release.release_record import Release, RolloutRecord
from sluice.rollout.deployment.service import Service
from sluice.rollout.proof.question import directly
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Done, Rollout
from sluice.rollout.strategy.on_test_traffic import OnTestTraffic
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.rollout.rolling import Records
from tests.unit.sluice.rollout.strategy.cloud import Cloud, Deployment
from tests.unit.sluice.rollout.strategy.deployments import NEW, strategy

SMOKE = Smoke("http://notes/health")
DEADLINE = 7200


class Killable(Records):
    """Records at whose calls a deployer may die, as at those of AWS."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud

    def write(self, rollout: RolloutRecord) -> None:
        self._cloud.trouble("PutParameter", False)
        super().write(rollout)
        self._cloud.trouble("PutParameter", True)

    def add(self, *given: Any) -> Release:
        self._cloud.trouble("PutParameter", False)
        made = super().add(*given)
        self._cloud.trouble("PutParameter", True)
        return made


class Stage:
    """One cloud, one store of records."""

    def __init__(
        self, kind: str = "blueGreen", first: bool = False, clock: Clock | None = None, **changes: Any
    ) -> None:
        self.clock = clock or Clock()
        self.strategy: Strategy = strategy(kind, **changes)
        self.cloud = Cloud(self.clock, self.strategy, first)
        self.records = Killable(self.cloud)
        self.api: Any = self.cloud
        self.store: Any = self.records
        self.cloud.continuing = self._continuing
        self.lines: list[str] = []
        self.progress: list[str] = []
        self.deployers = 0

    def roll_out(self, revision: str = NEW, halts: Mapping[float, Halt] | None = None, **more: Any) -> Done:
        """What `pulumi up` does: one deployer, to its end."""
        self.deployers += 1
        self._revision = revision
        self.clock.halts = {self.clock.elapsed + moment: halt for moment, halt in (halts or {}).items()}
        api = self.api
        service = Service(api, api, api, "notes", "web", api, now=self.clock.now)
        self._asked_before = len(self.cloud.asked)
        wanted = Wanted(
            task_definition=revision,
            previous="",
            deadline=more.pop("deadline", DEADLINE),
            target_groups=self.strategy.target_groups,
            smoke=more.pop("smoke", SMOKE),
            digest=f"repo@sha256:{revision[-1]}",
            strategy=self.strategy,
            **{key: more.pop(key) for key in ("soak", "back", "by") if key in more},
        )
        traffic = OnTestTraffic(directly(lambda url, timeout: self.cloud.answer(True)), more.pop("proof", None))
        me = Identity(f"owner-{self.deployers}", "ann@host", self.clock.now())
        rollout = Rollout(
            service,
            wanted,
            self.clock,
            self._log,
            lambda url, timeout: self.cloud.answer(False),
            self.store,
            me=me,
            traffic=traffic,
            **more,
        )
        return rollout.run()

    def _continuing(self, one: Deployment, action: str) -> None:
        """The promise: this very deployer has asked this very version on test traffic, and got right answers."""
        if action != "CONTINUE" or one.stage == "PRE_SCALE_UP" or one.revision != self._revision:
            return
        asked = self.cloud.asked[self._asked_before :]
        assert asked.count(("test", one.revision)) >= SMOKE.answers, f"{one.stage} was continued without the proof"
        assert self.cloud.versions[one.revision].status == 200, "a bad version was let through"

    def _log(self, text: str, ephemeral: bool) -> None:
        (self.progress if ephemeral else self.lines).append(text)

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def calls(self, *names: str) -> list[Any]:
        """What these operations were called with, in their order."""
        return [what for name, what in self.cloud.calls if name in names]

    @property
    def serves(self) -> str:
        """The revision that users reach in the end."""
        self.cloud.advance()
        serving = self.cloud.serving()
        return serving.revision if serving else ""
