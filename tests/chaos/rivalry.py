"""What a seed of the rivals stands for: who the two are, when one of them stops, stumbles or dies. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.chaos.races import Moment

Way = Literal["stopped", "stopped in a retry", "side by side", "jitter"]
Who = Literal["older", "same", "newer", "operator"]

WAYS: tuple[Way, ...] = (
    "stopped",
    "stopped",
    "stopped",
    "stopped in a retry",
    "side by side",
    "side by side",
    "jitter",
)
ROUNDS = 3
"""Races on one stack, each with two versions of its own."""

_ANCHORS = (
    Moment("GetCallerIdentity"),
    Moment("PutParameter"),
    Moment("PutParameter", '/schema"'),
    Moment("PutParameter", '/schema"'),
    Moment("RunTask"),
    Moment("GetLogEvents"),
    Moment("DescribeServices"),
    Moment("PutParameter", '/rollout"'),
    Moment("PutParameter", '/rollout"'),
    Moment("UpdateService"),
    Moment("DescribeTargetHealth"),
)
_RETRIED = ("RunTask", "UpdateService", "PutParameter")


@dataclass(frozen=True)
class Race:
    """One race of two deployers of a stack.

    Attributes:
        first, second: who they are; an operator's command is of the version that serves. *older* and *newer* are the
            round's two versions; *same* is the older one again.
        moment: when the first one is stopped, until the second one has ended.
        retried: the operation whose first call is throttled when the first one is stopped in a retry.
        after: seconds from the first one's start to the second one's, side by side.
        pauses: of the jitter: (which of the two, seconds until it is stopped, seconds until it goes on).
        killed: seconds after the second one's start, for its SIGKILL; 0: it is not killed.
    """

    way: Way
    first: Who
    second: Who
    moment: Moment
    retried: str = ""
    after: float = 0.0
    pauses: tuple[tuple[int, float, float], ...] = ()
    killed: float = 0.0

    def __str__(self) -> str:
        text = f"{self.first} against {self.second}, {self.way}"
        if self.way == "stopped":
            text += f" {self.moment}"
        elif self.way == "stopped in a retry":
            text += f" of {self.retried}"
        else:
            text += f", {self.after:.1f} s apart"
        return text + (f", the second killed after {self.killed:.1f} s" if self.killed else "")


def races(seed: int) -> tuple[Race, ...]:
    """The races of one stack. The same seed gives the same ones."""
    chance = Random(seed)  # noqa: S311 - reproducible on purpose
    return tuple(_race(chance) for _ in range(ROUNDS))


def _race(chance: Random) -> Race:
    way = chance.choice(WAYS)
    first: Who = "operator" if chance.random() < 0.1 else "older"
    second: Who = "newer"
    if first == "older" and chance.random() < 0.4:
        second = chance.choice(("same", "operator"))
    anchor = chance.choice(_ANCHORS)
    pauses = tuple(
        (chance.randint(0, 1), round(chance.uniform(0.3, 4.0), 1), round(chance.uniform(0.3, 4.0), 1))
        for _ in range(chance.randint(2, 5))
    )
    return Race(
        way,
        first,
        second,
        Moment(anchor.operation, anchor.text, chance.choice((0, 0, 1, 2, 3))),
        chance.choice(_RETRIED),
        round(chance.uniform(0.0, 9.0), 1),
        pauses,
        round(chance.uniform(1.0, 12.0), 1) if chance.random() < 0.12 else 0.0,
    )
