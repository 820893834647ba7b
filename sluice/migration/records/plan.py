"""Decides how a new run deals with earlier runs. Pure.

`pulumi up` relies on Pulumi's state lock: no other `up` of the stack runs at the same time, so an unfinished record of
an earlier `up` belongs to a dead deployer.
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
"""The command that made a record."""


@dataclass(frozen=True)
class Start:
    """Start run *number*."""

    number: int


@dataclass(frozen=True)
class Adopt:
    """Continue a dead deployer's run of the same subject."""

    run: RunRecord


@dataclass(frozen=True)
class TakeSuccess:
    """The last run has the same subject and succeeded, but the engine did not receive its result."""

    run: RunRecord


@dataclass(frozen=True)
class Close:
    """Close a dead deployer's run of another subject once its tasks have stopped, then decide again."""

    run: RunRecord


@dataclass(frozen=True)
class Refuse:
    """Refuse: an operator's run is in progress, or has just started."""

    run: RunRecord


Plan = Start | Adopt | TakeSuccess | Close | Refuse

FOREIGN_RUN_SECONDS = 120
"""Seconds for which an operator's run without a live task counts as alive, because it may be about to start one."""


def admit(runs: Sequence[RunRecord], now: float, live: frozenset[int]) -> Start | Close | Refuse:
    """Decide for an operator's run, which needs that no other run is open. Arguments as for :func:`plan`.

    An open record of `pulumi up` is always refused, dead or not: only the next `pulumi up` can continue it.
    """
    for run in sorted((run for run in runs if run.open), key=lambda run: run.number):
        if run.by == "up" or run.number in live or now - run.started < FOREIGN_RUN_SECONDS:
            return Refuse(run)
        return Close(run)
    return Start(max((run.number for run in runs), default=0) + 1)


def gives_way_to(mine: RunRecord, runs: Sequence[RunRecord]) -> RunRecord | None:
    """Return the run that *mine*, just created, must give way to; None when it may start.

    Two deployers that read the records at the same time choose the same number, and the store creates a number once. If
    two records are open nevertheless (one deployer read an outdated list), the older number continues: the newer record
    was created later, so its deployer sees the older one now. So both never run, and the oldest always runs.
    """
    older = [run for run in runs if run.open and run.number < mine.number]
    return min(older, key=lambda run: run.number, default=None)


def still_owns(mine: RunRecord, found: RunRecord | None) -> bool:
    """Return whether the record as *found* is the run *mine*, and no other deployer took it over."""
    return found is not None and found.open and (found.nonce, found.owner) == (mine.nonce, mine.owner)


def touches(run: RunRecord) -> bool:
    """Return whether this run may have changed the schema outside of the steps of `pulumi up`."""
    return run.by != "up" and not run.read_only


def describe_run(run: RunRecord) -> str:
    """Return a run's text for messages: command, author, number, time."""
    at = datetime.fromtimestamp(run.started, UTC).strftime("%Y-%m-%d %H:%M UTC")
    what = f": {run.message}" if run.by == "run" and run.message else ""
    return f"{COMMANDS[run.by]} by {run.author} (run {run.number}, {at}{what})"


def distrust(runs: Sequence[RunRecord], proof: int, fingerprint: str, phase: str) -> RunRecord | None:
    """Return the first run after which run *proof* no longer proves the schema; None while it does.

    Args:
        runs: all runs since *proof*; may contain earlier ones.
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
    """Decide for a run of `pulumi up`.

    Args:
        runs: all known runs of the stack, any order.
        fingerprint: of the subject to run.
        phase: before or after.
        now: seconds since the epoch.
        live: numbers of the operators' runs that have a live task.
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
    # A later operator's run may have reverted the schema.
    touched = newest is not None and any(touches(run) and run.number > newest.number for run in runs)
    if newest and newest.state == "succeeded" and newest.fingerprint == fingerprint and not touched:
        return TakeSuccess(newest)
    return Start(max((run.number for run in runs), default=0) + 1)
