"""What is wrong with what users got, and with what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.e2e.faults.callers import Answer

PRINTED_SECONDS = 0.5
"""How much later than the gate said it the engine may have printed a line, on a busy machine."""


@dataclass(frozen=True)
class Seen:
    """What users got, and what is left afterwards.

    Attributes:
        before: the release that served at first.
        wanted: the release that is to serve in the end.
        versions: the good releases that were deployed meanwhile.
        bad: those that the proof refuses.
        proven: when a deployer said that a release is proven, by the monotonic clock.
        answers: of all requests.
        serves: the releases that answer in the end.
        together: service deployments that moved at the same time.
        weights: of the production rule, in ascending order.
    """

    before: str
    wanted: str
    versions: frozenset[str]
    bad: frozenset[str]
    proven: Mapping[str, float]
    answers: Sequence[Answer]
    serves: frozenset[str]
    together: Iterable[tuple[str, ...]]
    weights: Sequence[int]


def wrong(seen: Seen) -> list[str]:
    """Return a line for everything that is wrong."""
    return [*_answers(seen), *_left(seen)]


def first_of(answers: Iterable[Answer]) -> dict[str, Answer]:
    """Return the first answer of each release."""
    found: dict[str, Answer] = {}
    for one in sorted(answers, key=lambda answer: answer.at):
        if not one.failed:
            found.setdefault(one.release, one)
    return found


def _answers(seen: Seen) -> Iterable[str]:
    failed = [one for one in seen.answers if one.failed]
    if failed:
        yield f"{len(failed)} of {len(seen.answers)} requests failed, first {failed[0]}"
    for release, first in first_of(seen.answers).items():
        number = sum(one.release == release for one in seen.answers)
        if release == seen.before:
            continue
        if release in seen.bad:
            yield f"{number} requests reached {release}, which is bad"
        elif release not in seen.versions:
            yield f"{number} requests reached {release}, which nobody deployed now"
        elif release not in seen.proven:
            yield f"{number} requests reached {release}, and no deployer said that it is proven"
        elif first.at + first.seconds < (said := seen.proven[release]) - PRINTED_SECONDS:
            yield f"{release} answered a user {said - first.at - first.seconds:.2f} s before it was proven"


def _left(seen: Seen) -> Iterable[str]:
    if seen.serves != {seen.wanted}:
        yield f"{', '.join(sorted(seen.serves))} serves instead of {seen.wanted}"
    for together in seen.together:
        yield f"moved at the same time: {', '.join(together)}"
    if list(seen.weights) != [0, 100]:
        yield f"the production rule's weights are {list(seen.weights)}"
