"""The course of a stack: one deployer after the other, a user meanwhile, and the judgement of every verdict."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos import judgement
from tests.chaos.client import User
from tests.chaos.deployer import Deployer, Ended
from tests.chaos.engine import Verdict
from tests.chaos.faults import Kind, Plan
from tests.chaos.stack import Stack, Truth

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


class Course:
    """What happens to one stack."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.stack = stack
        self.played = Played(name)
        self._failures: dict[int, list[float]] = defaultdict(list)
        self.proven = ""
        self.reruns_meant = False

    @contextmanager
    def begun(self) -> Iterator[bool]:
        """The first version is deployed, and a user asks while this is entered. False when that deploy failed.

        In the end the ledger is read and the service deleted.
        """
        played, stack, begun = self.played, self.stack, time.monotonic()
        try:
            if self.one(1).verdict is Verdict.SUCCESS:
                with User(stack.url, stack.scene) as user:
                    yield True
                played.asked, played.lost = user.asked, user.wrong
            else:
                played.wrong.append("the first deploy, without any fault, did not succeed")
                yield False
            played.runs += [*stack.scene.wrong]
            if not self.reruns_meant:
                played.runs += judgement.repeated(stack.scene, stack.stopped_from_outside(), self._failures)
        finally:
            stack.delete()
            played.seconds = time.monotonic() - begun

    def one(
        self,
        version: int,
        plan: Plan | None = None,
        kill: float = 0.0,
        interrupt: float = 0.0,
        prepare: Callable[[Deployer], None] = lambda deployer: None,
        faketime: str = "",
        excused: re.Pattern[str] | None = None,
    ) -> Ended:
        """One deployer from its start to the judgement of its verdict. *prepare* is called before its start; a refusal
        whose text has *excused* in it is right, whatever the plan."""
        deployer = Deployer(self.stack, self.stack.job(version), plan or Plan(), faketime)
        prepare(deployer)
        ended = deployer.run(kill, interrupt)
        title = f"under {plan or Plan()}"
        title += f", killed after {kill} s" if kill else ""
        title += f", Ctrl-C after {interrupt} s" if interrupt else ""
        title += f", its clock {faketime}" if faketime else ""
        number = self.told(ended, version, title)
        if excused is not None and ended.verdict is Verdict.REFUSED and excused.search(ended.text):
            return ended
        behaviour = self.stack.scene.behaviour(version)
        wrong = [*judgement.verdict(ended, behaviour), *self.compared(ended, version)]
        self.played.wrong += [f"deployer {number}: {text}" for text in wrong]
        return ended

    def operate(self, version: int) -> Ended:
        """An operator's command on that version's image, to its end; the steps may run again after it."""
        self.reruns_meant = True
        ended = Deployer(self.stack, self.stack.operator(version), Plan()).run()
        self.told(ended, version, "of an operator's command")
        return ended

    def told(self, ended: Ended, version: int, title: str) -> int:
        """Counts a deployer and keeps its output; returns its number."""
        played, said = self.played, ended.verdict
        behaviour = self.stack.scene.behaviour(version)
        number = len(played.output) + 1
        took = ended.ended - ended.began
        played.output.append(
            f"-- {number}: version {version} ({behaviour}) {title}: {said.name} after {took:.1f} s\n{ended.output}"
        )
        played.course.append(f"{version} {behaviour} -> {said.name.lower()}")
        played.verdicts[said] += 1
        played.hangs += ended.hung
        played.calls += len(ended.journal)
        for met in ended.journal:
            if met.fault is not None:
                played.faults[met.fault, met.operation] += 1
        return number

    def compared(self, ended: Ended, version: int) -> list[str]:
        """What the verdict says against what is. A success is what is proven from then on."""
        stack, said = self.stack, ended.verdict
        if said is Verdict.SUCCESS:
            wanted = stack.revision(version, "serve")
            wrong = list(judgement.success(stack.truth(), wanted, stack.scene, version))
            if not wrong:
                self.proven, stack.scene.proven = wanted, version
            return wrong
        if said is not Verdict.FAILED:
            return []
        self._failures[version].append(ended.ended)
        wrong = list(judgement.claims(ended, stack.truth(), self.proven))
        after = self.settled(lambda now: now.revision == self.proven and now.settled)
        if after.revision != self.proven or not after.settled:
            before = self.proven.rpartition("/")[2]
            wrong.append(f"failed, and {before}, which served before, does not: {after}")
        return wrong

    def settled(self, enough: Callable[[Truth], bool]) -> Truth:
        """The service once it is as it should be, or after its time."""
        end = time.monotonic() + SETTLED_SECONDS
        while not enough(truth := self.stack.truth()) and time.monotonic() < end:
            time.sleep(0.5)  # between two looks
        return truth
