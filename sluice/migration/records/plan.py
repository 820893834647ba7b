"""What to do about the runs that went before. Pure.

`pulumi up` trusts Pulumi's own state lock: while it runs no other `up` of the stack does, so an unfinished record of an
earlier `up` belongs to a dead deployer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sluice.migration.records.record import By, RunRecord

COMMANDS: Mapping[By, str] = {
    "up": "`pulumi up`",
    "run": "`sluice run`",
    "force": "`sluice migrate`",
    "lift": "`sluice rollback --lift`",
}
"""What made a record, as people know it."""


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
    """An operator's run is in progress, or just began."""

    run: RunRecord


Plan = Start | Adopt | TakeSuccess | Close | Refuse

FOREIGN_RUN_SECONDS = 120
"""How long an operator's run without a live task is still taken for alive: it may be about to start one."""


def admit(runs: Sequence[RunRecord], now: float, live: frozenset[int]) -> Start | Close | Refuse:
    """Decide for an operator's run: nothing may be under way. Arguments as for :func:`plan`.

    An open record of `pulumi up` is always refused, dead or not: only the next `pulumi up` knows what to do about it.
    """
    for run in sorted((run for run in runs if run.open), key=lambda run: run.number):
        if run.by == "up" or run.number in live or now - run.started < FOREIGN_RUN_SECONDS:
            return Refuse(run)
        return Close(run)
    return Start(max((run.number for run in runs), default=0) + 1)


def gives_way_to(mine: RunRecord, runs: Sequence[RunRecord]) -> RunRecord | None:
    """The run that *mine*, just created, must give way to; None when it may start.

    Two deployers that read the records at the same time want the same number, and the store gives a number once. Should
    two records be open all the same (one of the readers saw an answer from before the other's record), then the older
    number goes on: whoever created the newer one did so after the older one and sees it now. So never both; and since
    the oldest gives way to nobody, never neither.
    """
    older = [run for run in runs if run.open and run.number < mine.number]
    return min(older, key=lambda run: run.number, default=None)


def still_owns(mine: RunRecord, found: RunRecord | None) -> bool:
    """Return whether the record as *found* now still is the run that *mine* describes, and nobody took it over."""
    return found is not None and found.open and (found.nonce, found.owner) == (mine.nonce, mine.owner)


def touches(run: RunRecord) -> bool:
    """Return whether the schema may be another one after this run than before, other than by the steps of `pulumi
    up`."""
    return run.by != "up" and not run.read_only


def describe_run(run: RunRecord) -> str:
    """A run as messages name it: what, by whom, when."""
    at = datetime.fromtimestamp(run.started, UTC).strftime("%Y-%m-%d %H:%M UTC")
    what = f": {run.message}" if run.by == "run" and run.message else ""
    return f"{COMMANDS[run.by]} by {run.author} (run {run.number}, {at}{what})"


def distrust(runs: Sequence[RunRecord], proof: int, fingerprint: str, phase: str) -> RunRecord | None:
    """The first run after which the success of run *proof* says nothing about the schema any more; None while it does.

    Args:
        runs: those from *proof* on, and any others.
        fingerprint, phase: of the steps that run *proof* ran.
    """
    for run in sorted(runs, key=lambda one: one.number):
        if run.number <= proof or (run.by == "up" and run.phase != phase):
            continue
        if touches(run):
            return run
        if run.by == "up" and (run.fingerprint != fingerprint or run.state != "succeeded"):
            return run
    return None


def plan(
    runs: Sequence[RunRecord],
    fingerprint: str,
    phase: str,
    now: float,
    live: frozenset[int],
) -> Plan:
    """Decide from the records.

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
    touched = newest is not None and any(touches(run) and run.number > newest.number for run in runs)
    if newest and newest.state == "succeeded" and newest.fingerprint == fingerprint and not touched:
        return TakeSuccess(newest)
    return Start(max((run.number for run in runs), default=0) + 1)
