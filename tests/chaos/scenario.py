"""What a seed stands for: which versions are deployed, under which faults, and who is killed when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.chaos.faults import Fault, Kind, Plan, fault, mixture
from tests.chaos.ledger import Behaviour, Step

VERSIONS = 8
"""Images that there are, numbered from 1; the first is deployed before any fault."""
REPEATS = 2
"""Plain repeats under the same faults; the one after them has none."""

_BAD: tuple[tuple[Behaviour, float], ...] = (
    ("migration fails", 0.12),
    ("migration hangs", 0.03),
    ("crash", 0.08),
    ("unhealthy", 0.06),
    ("unfit", 0.10),
)


@dataclass(frozen=True)
class Deploy:
    """One version's deploy.

    Attributes:
        plans: of its deployer and of each repeat.
        kill, interrupt: seconds after the deployer's start, for SIGKILL and Ctrl-C of the first one; 0: neither.
    """

    version: int
    behaviour: Behaviour
    plans: tuple[Plan, ...]
    kill: float = 0.0
    interrupt: float = 0.0

    def __str__(self) -> str:
        text = f"version {self.version} ({self.behaviour}): {self.plans[0]}"
        if self.kill:
            text += f"; killed after {self.kill:.1f} s"
        if self.interrupt:
            text += f"; Ctrl-C after {self.interrupt:.1f} s"
        return text


@dataclass(frozen=True)
class Scenario:
    """A seed's deploys, the last of which is of a good version.

    Attributes:
        steps: those of every version.
        work: how much longer or shorter migrations take than they usually do.
        alarm: whether the service has a deployment alarm.
        soak: seconds that what serves is watched on the new schema.
    """

    seed: int
    deploys: tuple[Deploy, ...]
    steps: tuple[Step, ...]
    work: float = 1.0
    alarm: bool = False
    soak: int = 0

    def seconds(self, version: int, step: str, turn: int) -> float:
        """How long a migration works."""
        chance = Random(f"{self.seed}/{version}/{step}/{turn}")  # noqa: S311 - reproducible on purpose
        return round(chance.uniform(0.2, 2.0) * self.work, 1)

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset(kind for deploy in self.deploys for plan in deploy.plans for kind in plan.kinds)


def scenario(seed: int) -> Scenario:
    """The same seed gives the same scenario."""
    chance = Random(seed)  # noqa: S311 - reproducible on purpose
    steps = [Step("schema", 1), Step("tenants", 2)] if chance.random() < 0.6 else [Step("schema", 1)]
    if chance.random() < 0.35:
        steps.append(Step("contract", 1, "after"))
    count = chance.randint(3, 6)
    deploys = []
    for number in range(count):
        behaviour = "good" if number == count - 1 else _behaviour(chance)
        deploy = Deploy(number + 2, behaviour, _plans(f"{seed}/{number + 2}", mixture(chance)))
        disturbed, when = chance.random(), round(chance.uniform(0.8, 16.0), 1)
        if disturbed < 0.2:
            deploy = replace(deploy, kill=when)
        elif disturbed < 0.32:
            deploy = replace(deploy, interrupt=when)
        deploys.append(deploy)
    alarm, soak = chance.random() < 0.3, 2 * (chance.random() < 0.4)
    return Scenario(seed, tuple(deploys), tuple(steps), alarm=alarm, soak=soak)


def brief(seed: int, kinds: Sequence[Kind], bad: Behaviour | None = None) -> Scenario:
    """Two deploys that share *kinds* between them, the first of them *bad*: a scenario for `make test`.

    Their plain repeat meets no fault.
    """
    chance = Random(seed)  # noqa: S311 - reproducible on purpose
    dealt = chance.sample(sorted(kinds), len(kinds))
    halves = [dealt[: (len(dealt) + 1) // 2], dealt[(len(dealt) + 1) // 2 :]]
    deploys = [
        Deploy(number, behaviour, (Plan(tuple(fault(chance, kind) for kind in half), f"{seed}/{number}/0"),))
        for number, behaviour, half in zip((2, 3), (bad or "good", "good"), halves, strict=True)
    ]
    return Scenario(seed, tuple(deploys), (Step("schema", 1), Step("tenants", 2)), work=0.5)


def _plans(seed: str, faults: tuple[Fault, ...]) -> tuple[Plan, ...]:
    return tuple(Plan(faults, f"{seed}/{turn}") for turn in range(REPEATS + 1))


def _behaviour(chance: Random) -> Behaviour:
    drawn = chance.random()
    for behaviour, share in _BAD:
        if drawn < share:
            return behaviour
        drawn -= share
    return "good"
