"""`python -m tests.chaos.rivals`: two deployers of one stack at once, 100 races, a line for each stack, and a table.

Environment: STACKS (of three races each, 34); SEED, FIRST, WIDTH as for `python -m tests.chaos`.
"""

from __future__ import annotations

import re
import signal
import sys
import threading
import time
from collections.abc import Iterator

from tests.chaos.__main__ import run
from tests.chaos.course import Course, Played
from tests.chaos.deployer import Deployer, Ended
from tests.chaos.engine import Verdict
from tests.chaos.faults import Fault, Plan
from tests.chaos.ledger import Scene, Step
from tests.chaos.races import SAYS_WHO, Trap, lost, newest
from tests.chaos.rivalry import Race, Way, Who, races
from tests.chaos.stage import Stage

STACKS = 34
STOPPED: tuple[Way, ...] = ("stopped", "stopped in a retry")
"""The second deployer begins when the first one has: it is the one that must win. Otherwise either may."""
OPERATORS = re.compile(r"run \d+ is under way: `sluice run` by operator")
DEAD_SECONDS = 180.0
"""A record without a living task is closed two minutes after its beginning."""
AGAIN_SECONDS = 15.0
AT_ONCE_SECONDS = 0.5
"""Two calls this close together may have come to AWS in either order."""


def play(stage: Stage, seed: int) -> Played:
    """The seed's races on one stack, one after the other."""
    scene = Scene((Step("schema", 1),), lambda version, step, turn: 1.0 + (seed + turn) % 3)
    course = Course(stage.stack(scene), f"rivals {seed}")
    with course.begun() as first:
        for number, race in enumerate(races(seed) if first else ()):
            _Contest(course, race, 2 * number + 2).run()
    return course.played


class _Contest:
    """One race. *older* is the number of the round's older version."""

    def __init__(self, course: Course, race: Race, older: int) -> None:
        self._course, self._race, self._older = course, race, older
        self._served = course.stack.scene.proven
        plan = Plan()
        if race.way == "stopped in a retry":
            plan = Plan((Fault("throttle", frozenset({race.retried}), nth=frozenset({1})),))
        self._first = self._deployer(race.first, plan)
        self._second = self._deployer(race.second, Plan())

    def run(self) -> None:
        """Lets them race, judges both, and repeats the deploy of the newest version."""
        course, race = self._course, self._race
        self._first.start()
        kill = [threading.Timer(race.killed, self._second.signal, (signal.SIGKILL,))] if race.killed else []
        if race.way in STOPPED:
            self._stop_first()
        else:
            time.sleep(race.after)  # the seed's own moment
        self._second.start()
        for timer in kill:
            timer.start()
        if race.way == "jitter":
            self._jitter()
        other = self._second.finish()
        for timer in kill:
            timer.cancel()
        number = course.told(other, self._version(race.second), f"[{race}] the second")
        wrong = [f"deployer {number}: {text}" for text in self._judged_second(other)]
        self._first.signal(signal.SIGCONT)
        one = self._first.finish()
        number = course.told(one, self._version(race.first), f"[{race}] the first")
        wrong += [f"deployer {number}: {text}" for text in self._judged_first(one, other)]
        ends = {one.verdict, other.verdict}
        if not ends & {Verdict.SUCCESS, Verdict.KILLED}:
            wrong.append("neither of the two succeeded")
        course.played.wrong += [f"{text} [{race}]" for text in wrong]
        self._repeat(other)

    def _stop_first(self) -> None:
        """Stops the first one at its moment; a call that is throttled then is tried again with no look in between."""
        race, first = self._race, self._first
        moment = race.moment
        if race.way == "stopped in a retry":
            moment = type(moment)(race.retried)
        Trap(first, moment, lambda: first.signal(signal.SIGSTOP)).wait()

    def _jitter(self) -> None:
        both = (self._first, self._second)
        for which, after, lasting in self._race.pauses:
            if self._second.ended:
                return
            time.sleep(after)  # the seed's own moments
            both[which].signal(signal.SIGSTOP)
            time.sleep(lasting)
            both[which].signal(signal.SIGCONT)

    def _judged_second(self, other: Ended) -> Iterator[str]:
        said, race = other.verdict, self._race
        if said is Verdict.SUCCESS and race.second != "operator":
            yield from self._course.compared(other, self._version(race.second))
        elif said is Verdict.DEFECT or other.hung:
            yield f"it ended as {said.name}{' after its time' if other.hung else ''}"
        elif said in (Verdict.SUCCESS, Verdict.KILLED):
            return
        elif "operator" not in (race.first, race.second) and race.way in STOPPED:
            yield f"it came last and ended as {said.name}"
        elif not SAYS_WHO.search(other.text):
            yield "its text does not say who has the stack"

    def _judged_first(self, one: Ended, other: Ended) -> Iterator[str]:
        said, race = one.verdict, self._race
        taken = other.verdict is Verdict.SUCCESS and race.second == "newer"
        if said is Verdict.SUCCESS:
            if race.first == "older" and race.second == "newer" and _saw_the_move(one, other):
                yield "it says success, and it could see that a newer version was being deployed"
        elif taken:
            yield from lost(one, other)
        elif said is Verdict.DEFECT or one.hung:
            yield f"it ended as {said.name}{' after its time' if one.hung else ''}"
        elif not SAYS_WHO.search(one.text):
            yield f"it ended as {said.name}, and its text does not say who took over"
        if taken:
            yield from newest(self._course, self._version("newer"))

    def _repeat(self, other: Ended) -> None:
        """The plain repeat of the newest version that anybody began. It is refused, by the run's name, as long as a
        killed operator's record may still be that of a living one; then it must succeed."""
        version, excused = self._version(self._race.second), None
        if self._race.second == "operator":
            version = self._version(self._race.first)
            excused = OPERATORS if other.verdict is Verdict.KILLED else None
        until = time.monotonic() + DEAD_SECONDS
        said = self._course.one(version, excused=excused).verdict
        while said is Verdict.REFUSED and excused and time.monotonic() < until:
            time.sleep(AGAIN_SECONDS)
            said = self._course.one(version, excused=excused).verdict
        if said is not Verdict.SUCCESS:
            self._course.played.wrong.append(f"the plain repeat of version {version} ended as {said.name}")

    def _version(self, who: Who) -> int:
        if who == "operator":
            return self._served
        return self._older + (who == "newer")

    def _deployer(self, who: Who, plan: Plan) -> Deployer:
        stack = self._course.stack
        if who == "operator":
            self._course.reruns_meant = True
            return Deployer(stack, stack.operator(self._served), plan)
        return Deployer(stack, stack.job(self._version(who)), plan)


def _saw_the_move(one: Ended, other: Ended) -> bool:
    """Whether one looked at the service after the other had moved it."""
    moved = [met.at for met in other.journal if met.operation == "UpdateService" and met.arrived]
    looked = [met.at for met in one.journal if met.operation == "DescribeServices" and met.arrived]
    return bool(moved and looked) and moved[0] < looked[-1] - AT_ONCE_SECONDS


if __name__ == "__main__":
    sys.exit(run(play, STACKS, "STACKS"))
