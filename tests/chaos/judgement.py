"""Whether what a deployer said is so. Pure decisions on its journal, its text, the ledger and AWS's own truth."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from tests.chaos import allowances
from tests.chaos.deployer import Ended
from tests.chaos.engine import Verdict
from tests.chaos.faults import Kind
from tests.chaos.ledger import OPERATOR, Behaviour, Scene, Visit
from tests.chaos.proxy import Met
from tests.chaos.stack import Truth

UNUSABLE: frozenset[Kind] = frozenset(
    {
        "throttle", "5xx", "reset before", "reset after", "cut body", "truncated JSON", "missing key", "denied",
        "expired", "failures[]",
    }
)  # fmt: skip
"""Faults after which the deployer does not have what it asked for."""
NEARLY = 0.6
"""Of an allowance: its clock begins with the first try of a call, ours with that try's answer."""
CANCELLED_SECONDS = 2.0
"""How long AWS may be out of reach after Ctrl-C before a deployer gives up."""
START_ATTEMPTS = 3
"""So many starts of one task may be refused before a step has failed."""

_CLAIM = re.compile(r"([\w-]+-serve:\d+) (?:keeps serving|serves again)")


def unreachable(journal: Sequence[Met], ended: float) -> float:
    """The longest time in which some operation was asked and never truly answered, in seconds."""
    since: dict[str, float] = {}
    longest = 0.0
    for met in journal:
        if met.fault in UNUSABLE:
            since.setdefault(met.operation, met.at)
        elif met.operation in since:
            longest = max(longest, met.at - since.pop(met.operation))
    return max([longest, *(ended - begun for begun in since.values())])


def could_not_ask(ended: Ended) -> bool:
    """Whether AWS could not be asked for long enough to say so."""
    if any(met.fault == "expired" for met in ended.journal):
        return True
    limit = CANCELLED_SECONDS if ended.interrupted else allowances.unreachable() * NEARLY
    return unreachable(ended.journal, ended.ended) >= limit


def verdict(ended: Ended, behaviour: Behaviour) -> Iterator[str]:
    """What is wrong with the verdict itself, given how the version is."""
    said = ended.verdict
    if ended.hung:
        yield f"it was not at its end after {ended.ended - ended.began:.0f} s"
    elif said is Verdict.KILLED and not ended.killed:
        yield "it was killed, by nobody here"
    elif said is Verdict.DEFECT:
        yield f"a defect of the gate reached the user (exit code {ended.code})"
    elif "Traceback" in ended.output and ended.code >= 0:  # Ctrl-C while Python still starts is Python's own
        yield "a traceback reached the user"
    elif said is Verdict.SUCCESS and behaviour != "good":
        yield f"success, but the version is not good: {behaviour}"
    elif said is Verdict.FAILED and behaviour == "good" and not _no_capacity(ended):
        yield "failed, but the version is good"
    elif said is Verdict.INTERRUPTED and not ended.interrupted:
        yield "interrupted, by nobody"
    elif said is Verdict.UNKNOWN and not could_not_ask(ended):
        yield f"unknown, but AWS could be asked (at most {unreachable(ended.journal, ended.ended):.0f} s not)"
    elif said is Verdict.REFUSED and not (could_not_ask(ended) or _denied_what_it_needs(ended)):
        yield "it refused to go on, with no reason that would keep it from that"


def _no_capacity(ended: Ended) -> bool:
    """ECS said that there is no capacity, as often as a start is tried: that is an answer."""
    refused = sum(met.operation == "RunTask" and met.fault == "failures[]" for met in ended.journal)
    return refused >= START_ATTEMPTS and "Capacity" in ended.text


def _denied_what_it_needs(ended: Ended) -> bool:
    denied = any(met.fault == "denied" and met.operation == "ListTasks" for met in ended.journal)
    return denied and "ListTasks" in ended.text


def success(truth: Truth, wanted: str, scene: Scene, version: int) -> Iterator[str]:
    """What is not as a success says."""
    if truth.revision != wanted:
        yield f"success, but {truth} is what ECS has"
    elif not truth.settled:
        yield f"success, but the service is not settled: {truth}"
    for phase in sorted({step.phase for step in scene.steps}):
        if not scene.migrated(version, phase):
            yield f"success, but a step of phase {phase} never succeeded: a lost run"


def claims(ended: Ended, truth: Truth, proven: str) -> Iterator[str]:
    """What a failure's text says serves, and does not."""
    for name in _CLAIM.findall(ended.text):
        if name != proven.rpartition("/")[2]:
            yield f"it says that {name} serves, which is not what was proven last ({proven.rpartition('/')[2]})"
        if name != truth.revision.rpartition("/")[2]:
            yield f"it says that {name} serves, but {truth} is what ECS has"


def repeated(scene: Scene, stopped: Collection[str], failures: dict[int, list[float]]) -> Iterator[str]:
    """Shards that were run again after they had succeeded, without a reason.

    A reason is something of the same version that ended badly in between: then the whole run is made anew.

    Args:
        stopped: containers whose end was StopTask's.
        failures: by version, when a deployer said that its deploy failed.
    """
    ended: dict[tuple[int, str, int], list[Visit]] = defaultdict(list)
    bad: dict[int, list[float]] = defaultdict(list, {version: list(times) for version, times in failures.items()})
    for visit in scene.visits:
        if visit.step == OPERATOR:
            continue
        if visit.exit == 0 and visit.container not in stopped:
            ended[visit.version, visit.step, visit.shard].append(visit)
        elif visit.ended is not None:
            bad[visit.version].append(visit.ended)
    for (version, step, shard), visits in ended.items():
        for earlier, later in pairwise(visits):
            if not any(earlier.begun <= moment <= later.begun for moment in bad[version]):
                yield f"{step}[{shard}] of version {version} ran again after it had succeeded"
