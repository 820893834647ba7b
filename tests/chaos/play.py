"""Plays a scenario: deploys one after the other under its faults, asks as a user meanwhile, judges every verdict."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos import judgement
from tests.chaos.client import User
from tests.chaos.deployer import Ended, deploy
from tests.chaos.engine import Verdict
from tests.chaos.faults import Kind, Plan
from tests.chaos.ledger import Scene
from tests.chaos.scenario import Deploy, Scenario
from tests.chaos.stack import Stack, Truth
from tests.chaos.stage import Stage

SETTLED_SECONDS = 45.0
"""How long ECS itself may take to have the version before back after a failure."""


@dataclass
class Played:
    """A course of deploys and what was wrong with it.

    Attributes:
        verdicts: how many deployers ended as what.
        faults: by kind and operation.
        wrong: wrong verdicts, with the deployer's number in :attr:`output`.
        runs: migrations that ran twice or never; lost: requests.
    """

    name: str
    output: list[str] = field(default_factory=list)
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    faults: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    hangs: int = 0
    asked: int = 0
    calls: int = 0
    seconds: float = 0.0
    course: list[str] = field(default_factory=list)

    @property
    def bad(self) -> list[str]:
        return [*self.wrong, *self.runs, *self.lost]

    @property
    def line(self) -> str:
        state = "WRONG" if self.bad else "ok"
        faults = sum(self.faults.values())
        return f"{self.name:12} {state:5} {self.seconds:5.1f} s {faults:4} faults  {'; '.join(self.course)}"


class Play:
    """One stack under a scenario's faults."""

    def __init__(self, stage: Stage, scenario: Scenario) -> None:
        self._scenario = scenario
        scene = Scene(scenario.steps, scenario.seconds, {one.version: one.behaviour for one in scenario.deploys})
        self.stack: Stack = stage.stack(scene, alarm=scenario.alarm, soak=scenario.soak)
        self.played = Played(f"seed {scenario.seed}")
        self._failures: dict[int, list[float]] = defaultdict(list)
        self._proven = ""

    def run(self) -> Played:
        """Plays it to its end. Everything that is wrong is in the result."""
        played, stack = self.played, self.stack
        begun = time.monotonic()
        first = Deploy(1, "good", (Plan(),))
        if self._one(first, Plan()) is Verdict.SUCCESS:
            with User(stack.url, stack.scene) as user:
                for one in self._scenario.deploys:
                    self._until_settled(one)
            played.asked, played.lost = user.asked, user.wrong
        else:
            played.wrong.append("the first deploy, without any fault, did not succeed")
        played.runs += [*stack.scene.wrong]
        played.runs += judgement.repeated(stack.scene, stack.stopped_from_outside(), self._failures)
        stack.delete()
        played.seconds = time.monotonic() - begun
        return played

    def _until_settled(self, one: Deploy) -> None:
        """The deploy and its plain repeats, the last of which meets no fault."""
        plans = [*one.plans, Plan()]
        for turn, plan in enumerate(plans):
            said = self._one(one, plan, first=turn == 0)
            if said is Verdict.SUCCESS or (said is Verdict.FAILED and one.behaviour != "good"):
                return
        self.played.wrong.append(f"version {one.version}: the plain repeat without faults ended as {said.name}")

    def _one(self, one: Deploy, plan: Plan, first: bool = False) -> Verdict:
        """One deployer from its start to the judgement of its verdict."""
        played, stack = self.played, self.stack
        kill, interrupt = (one.kill, one.interrupt) if first else (0.0, 0.0)
        ended = deploy(stack, stack.job(one.version), plan, kill, interrupt)
        said = ended.verdict
        title = f"version {one.version} ({one.behaviour}) under {plan}"
        title += f", killed after {kill} s" if kill else ""
        title += f", Ctrl-C after {interrupt} s" if interrupt else ""
        number = len(played.output) + 1
        took = ended.ended - ended.began
        played.output.append(f"-- {number}: {title}: {said.name} after {took:.1f} s\n{ended.output}")
        played.course.append(f"{one.version} {one.behaviour} -> {said.name.lower()}")
        played.verdicts[said] += 1
        played.hangs += ended.hung
        played.calls += len(ended.journal)
        for met in ended.journal:
            if met.fault is not None:
                played.faults[met.fault, met.operation] += 1
        wrong = [*judgement.verdict(ended, one.behaviour, bool(kill)), *self._compare(ended, one)]
        played.wrong += [f"deployer {number}: {text}" for text in wrong]
        return said

    def _compare(self, ended: Ended, one: Deploy) -> list[str]:
        """What the verdict says against what is."""
        stack, said = self.stack, ended.verdict
        truth = stack.truth() if said in (Verdict.SUCCESS, Verdict.FAILED) else None
        if said is Verdict.SUCCESS and truth is not None:
            wanted = stack.revision(one.version, "serve")
            wrong = list(judgement.success(truth, wanted, stack.scene, one.version))
            if not wrong:
                self._proven, stack.scene.proven = wanted, one.version
            return wrong
        if said is Verdict.FAILED and truth is not None:
            self._failures[one.version].append(ended.ended)
            wrong = list(judgement.claims(ended, truth, self._proven))
            after = self._settled(lambda now: now.revision == self._proven and now.settled)
            if after.revision != self._proven or not after.settled:
                before = self._proven.rpartition("/")[2]
                wrong.append(f"failed, and {before}, which served before, does not: {after}")
            return wrong
        return []

    def _settled(self, enough: Callable[[Truth], bool]) -> Truth:
        end = time.monotonic() + SETTLED_SECONDS
        while not enough(truth := self.stack.truth()) and time.monotonic() < end:
            time.sleep(0.5)  # between two looks
        return truth


def play(stage: Stage, scenario: Scenario) -> Played:
    """Plays one scenario on a stack of its own."""
    return Play(stage, scenario).run()
