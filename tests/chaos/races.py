"""Two deployers of one stack at once, as after `pulumi cancel` of an `up` that lives, and which of them may win."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos.course import Course
from tests.chaos.deployer import DEADLINE_SECONDS, Deployer, Ended
from tests.chaos.engine import Verdict
from tests.chaos.faults import Plan

SAYS_WHO = re.compile(
    r"took (it )?over|took its place|is under way|was stopped: \S+@\S+|\S+@\S+ has begun run"
    r"|was deployed by \S+@\S+|`sluice run` by \S+ \(run \d+"
)
"""In the text of one that lost: somebody else, by name, has the stack now."""


@dataclass(frozen=True)
class Moment:
    """Just when AWS has answered a call and the deployer has not heard of it.

    Attributes:
        operation: whose first call with *text* in its request counts; empty: the first call of all.
        offset: so many calls later, of any operation.
    """

    operation: str = ""
    text: str = ""
    offset: int = 0

    def __str__(self) -> str:
        what = f"{self.operation or 'the first call'}{f' of {self.text}' if self.text else ''}"
        return f"after {what}" + (f" and {self.offset} more" if self.offset else "")


BEFORE: dict[str, Moment] = {
    "RunTask": Moment("PutParameter", '/schema"'),
    "UpdateService": Moment("PutParameter", '/rollout"'),
}
"""The last write before that call: the intent, which says what is about to be done."""


class Trap:
    """Does something to a deployer at a moment of its course. *sprung* is set when it came, or when it never will."""

    def __init__(self, deployer: Deployer, moment: Moment, act: Callable[[], None]) -> None:
        self.came = False
        self.sprung = threading.Event()
        self._moment, self._act = moment, act
        self._left: int | None = None
        self._lock = threading.Lock()
        self._deployer = deployer
        deployer.liar.after = self._after

    def _after(self, operation: str, nth: int, body: bytes) -> None:
        with self._lock:
            if self.came:
                return
            if self._left is None:
                wanted = not self._moment.operation or operation == self._moment.operation
                if not wanted or self._moment.text.encode() not in body:
                    return
                self._left = self._moment.offset
            elif self._left > 0:
                self._left -= 1
            self.came = self._left == 0
        if self.came:
            self._act()
            self.sprung.set()

    def wait(self, seconds: float = DEADLINE_SECONDS) -> bool:
        """Until it has come, or the deployer has ended without it; whether it came."""
        while not self.sprung.wait(0.05) and not self._deployer.ended and seconds > 0:
            seconds -= 0.05
        return self.came


def overtaken(course: Course, older: int, newer: int, operation: str) -> None:
    """The first deployer is stopped just before its *operation*, another one deploys, then the first goes on."""
    first, second = _deployer(course, older), _deployer(course, newer)
    trap = Trap(first, BEFORE[operation], lambda: first.signal(signal.SIGSTOP))
    first.start()
    if not trap.wait():
        course.played.wrong.append(f"the first deployer never came to {operation}")
    other = second.run()
    number = course.told(other, newer, f"while version {older} is stopped before its {operation}")
    course.played.wrong += [f"deployer {number}: {text}" for text in course.compared(other, newer)]
    if other.verdict is not Verdict.SUCCESS:
        course.played.wrong.append(f"the deployer that took over ended as {other.verdict.name}")
    first.signal(signal.SIGCONT)
    one = first.finish()
    number = course.told(one, older, "goes on")
    course.played.wrong += [f"deployer {number}: {text}" for text in lost(one, other)]
    course.played.wrong += newest(course, newer)


def _deployer(course: Course, version: int) -> Deployer:
    return Deployer(course.stack, course.stack.job(version), Plan())


def lost(ended: Ended, winner: Ended) -> Iterator[str]:
    """What is wrong with a deployer that was on its way while a newer version was deployed to its end."""
    said = ended.verdict
    if said is Verdict.SUCCESS:
        yield "it says success, and a newer version had been deployed meanwhile"
    elif said is Verdict.DEFECT or ended.hung:
        yield f"it ended as {said.name}{' after its time' if ended.hung else ''}"
    elif said is not Verdict.KILLED and not SAYS_WHO.search(ended.text):
        yield "its text does not say who took over"
    for met in ended.journal:
        if met.at > winner.ended and met.arrived and met.operation == "UpdateService":
            revision = str(json.loads(met.body).get("taskDefinition", "")).rpartition("/")[2]
            yield f"it called UpdateService with {revision} after the newer version had succeeded"


def newest(course: Course, version: int) -> Iterator[str]:
    """What is wrong with the service, which *version* must have in the end."""
    wanted = course.stack.revision(version, "serve")
    truth = course.settled(lambda now: now.revision == wanted and now.settled)
    if truth.revision != wanted or not truth.settled:
        yield f"version {version} was deployed last, but {truth} is what ECS has"
