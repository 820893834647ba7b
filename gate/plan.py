"""What to do about the runs that went before. Pure.

`pulumi up` trusts Pulumi's own state lock: while it runs no other `up` of the stack does, so an unfinished record of an
earlier `up` belongs to a dead deployer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gate.record import RunRecord


@dataclass(frozen=True)
class Start:
    """Begin run *number*."""

    number: int


@dataclass(frozen=True)
class Adopt:
    """Go on with a dead deployer's run of the very same subject."""

    run: RunRecord


@dataclass(frozen=True)
class TakeSuccess:
    """The last run was of the very same subject and succeeded; only the engine never heard of it."""

    run: RunRecord


@dataclass(frozen=True)
class Close:
    """A dead deployer's run of another subject: wait until its tasks have stopped, close it, look again."""

    run: RunRecord


@dataclass(frozen=True)
class Refuse:
    """An operator's run is under way, or just began."""

    run: RunRecord


Plan = Start | Adopt | TakeSuccess | Close | Refuse

FOREIGN_RUN_SECONDS = 120
"""How long an operator's run without a live task is still taken for alive: it may be about to start one."""


def plan(
    runs: Sequence[RunRecord],
    fingerprint: str,
    phase: str,
    now: float,
    live: frozenset[int],
) -> Plan:
    """Decides from the records.

    Args:
        runs: all known runs of the stack, any order.
        fingerprint: of what is to run.
        phase: before or after.
        now: seconds since the epoch.
        live: numbers of the operator's runs that have a task which has not stopped.
    """
    unfinished = sorted((run for run in runs if run.open), key=lambda run: run.number)
    for run in unfinished:
        if run.by == "run":
            if run.number in live or now - run.started < FOREIGN_RUN_SECONDS:
                return Refuse(run)
            return Close(run)
        if run.fingerprint == fingerprint and run.phase == phase and run is unfinished[-1]:
            return Adopt(run)
        return Close(run)
    newest = max(
        (run for run in runs if run.by == "up" and run.phase == phase),
        key=lambda run: run.number,
        default=None,
    )
    # An operator's run since then may have taken the schema back.
    touched = newest is not None and any(run.by == "run" and run.number > newest.number for run in runs)
    if newest and newest.state == "succeeded" and newest.fingerprint == fingerprint and not touched:
        return TakeSuccess(newest)
    return Start(max((run.number for run in runs), default=0) + 1)
