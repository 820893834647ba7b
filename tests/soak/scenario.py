"""What a seed stands for: how many deployers die, of what, of which image, and how the tasks go. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random

from tests.soak.interference import Trouble, What
from tests.soak.witness import Order

SHARDS = {"first": 2, "second": 1}
"""The steps, in their order, and their shards."""
OPERATOR = "operator"
"""Version and step of an operator's command at the witness."""
TIMEOUT = 4
"""Seconds that a step may take; a task that hangs is stopped after them."""

_KILLED: tuple[tuple[str, int], ...] = (
    ("PutParameter", 8),
    ("PutParameter", 8),  # twice as likely: the lock, the intents, the tasks, the ends
    ("RunTask", 3),
    ("RunTask", 3),
    ("DescribeTasks", 8),
    ("GetLogEvents", 4),
    ("GetParametersByPath", 3),
    ("DescribeTaskDefinition", 1),
    ("StopTask", 2),
)


@dataclass(frozen=True)
class Deployment:
    """One deployer and what it meets.

    Attributes:
        version: of the image; OPERATOR: it is an operator's command, of the same image as the deployment beside it.
        killed_after: seconds after its start, whatever it does then.
        rival: an operator's command that races this deployment, *rival_after* seconds after its start or before it.
    """

    version: str
    troubles: tuple[Trouble, ...] = ()
    killed_after: float = 0.0
    rival: Deployment | None = None
    rival_after: float = 0.0

    def __str__(self) -> str:
        said = [str(trouble) for trouble in self.troubles]
        if self.killed_after:
            said.append(f"kill after {self.killed_after:.1f} s")
        if self.rival:
            said.append(
                f"with {self.rival} {abs(self.rival_after):.1f} s {'later' if self.rival_after > 0 else 'earlier'}"
            )
        return f"{self.version}: {', '.join(said) or 'undisturbed'}"


@dataclass(frozen=True)
class Scenario:
    """A seed's deployments, the last of them undisturbed, and its tasks' orders by step, shard and turn."""

    seed: int
    deployments: tuple[Deployment, ...]
    orders: dict[tuple[str, int], tuple[Order, ...]]

    def order(self, step: str, shard: int, turn: int) -> Order:
        given = self.orders[step, shard]
        return given[turn] if turn < len(given) else Order(0.3)


def scenario(seed: int) -> Scenario:
    """The same seed gives the same scenario."""
    chance = Random(seed)  # noqa: S311 - reproducible on purpose
    versions, deployments = ["one", "two"], []
    version = 0
    for _ in range(chance.choice((1, 1, 2, 2, 3))):
        deployment = _disturbed(chance, versions[version])
        if chance.random() < 0.25:
            rival = _disturbed(chance, OPERATOR) if chance.random() < 0.5 else Deployment(OPERATOR)
            deployment = replace(deployment, rival=rival, rival_after=round(chance.uniform(-3.0, 1.5), 1))
        deployments.append(deployment)
        version = min(1, version + (chance.random() < 0.3))
    deployments.append(Deployment(versions[version]))
    orders = {
        (step, shard): tuple(_order(chance) for _ in range(3))
        for step, shards in {**SHARDS, OPERATOR: 1}.items()
        for shard in range(shards)
    }
    return Scenario(seed, tuple(deployments), orders)


def _order(chance: Random) -> Order:
    kind = chance.random()
    if kind < 0.08:
        return Order(round(chance.uniform(0.1, 1.0), 1), exit=1)
    if kind < 0.16:
        return Order(60.0)  # hangs until it is stopped
    return Order(round(chance.uniform(0.1, 2.0), 1))


def _disturbed(chance: Random, version: str) -> Deployment:
    kind = chance.random()
    if kind < 0.15:
        return Deployment(version, killed_after=round(chance.uniform(0.6, 7.0), 1))
    operation, most = chance.choice(_KILLED)
    nth = chance.randint(1, most)
    if kind < 0.60:
        what: What = chance.choice(("kill before", "kill after"))
        return Deployment(version, (Trouble(what, operation, nth),))
    if kind < 0.68:
        late = Trouble("kill, then the call arrives", chance.choice(("RunTask", "StopTask")), chance.randint(1, 2), 1.5)
        return Deployment(version, (late,))
    if kind < 0.78:  # Ctrl-C, and sometimes a kill while it stops what it started
        troubles = [Trouble("interrupt", chance.choice(("DescribeTasks", "PutParameter", "RunTask")), nth)]
        if chance.random() < 0.5:
            troubles.append(Trouble(chance.choice(("kill before", "kill after")), "StopTask", 1))
        return Deployment(version, tuple(troubles))
    if kind < 0.88:  # what was answered never arrives; sometimes the deployer dies of something else later
        troubles = [Trouble("lose the answer", chance.choice(("RunTask", "PutParameter", "StopTask")), nth)]
        if chance.random() < 0.5:
            troubles.append(Trouble("kill before", "DescribeTasks", chance.randint(1, 6)))
        return Deployment(version, tuple(troubles))
    if kind < 0.94:
        seconds = math.inf if chance.random() < 0.5 else round(chance.uniform(0.5, 3.0), 1)
        return Deployment(version, (Trouble("cut", operation, nth, seconds),))
    return Deployment(version, (Trouble(chance.choice(("throttle", "expire", "delay")), operation, nth, 1.0),))
