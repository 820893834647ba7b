"""The error text of a failed step: what failed, cause, fix, the last log lines, and where the whole log is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sluice.diagnosis import blockers
from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.redaction.presentable import command_line, presentable_line
from sluice.diagnosis.redaction.printable import bounded_block
from sluice.diagnosis.signature import LOCK, SignatureMatch, recognise
from sluice.diagnosis.step_timeout import HANGS, Server
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.inputs.step import Step

LONGEST_BLOCK = 6_000
"""Characters of the last lines that a failure shows."""
INVALID_INDEX = (
    "CREATE INDEX CONCURRENTLY leaves an invalid index behind when it is interrupted, and with IF NOT EXISTS the next "
    "run skips it; find it with SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid, and drop it "
    "before you run the step again"
)
"""PostgreSQL, CREATE INDEX, "Building Indexes Concurrently"."""
_BUILDS = re.compile(r"\bconcurrently\b|could not create unique index", re.IGNORECASE)
_KILLED = frozenset({137, 143})
"""Exit codes of SIGKILL and SIGTERM (128 + n)."""


def account(outcome: Outcome, last_lines: Sequence[str], server: Server | None = None) -> Outcome:
    """Return the outcome with the cause that its log shows; unchanged where the log has no known line.

    A certain cause from ECS, or the stop of the task, stays first and the log's cause is added.

    Args:
        server: the web server that ran in place of the step's command, according to the log; None without one.
    """
    found, server = _telling(outcome, last_lines, server)
    if server is not None:
        cause, remedy = server.advice
    elif found is not None:
        cause, remedy = found.signature.cause, found.signature.remedy
    else:
        return outcome
    own = outcome.certain or outcome.kind is Kind.INTERRUPTED or (outcome.exit_code is None and server is None)
    if own and outcome.cause:
        cause, remedy = f"{outcome.cause}; its log points to: {cause}", f"{outcome.remedy}; {remedy}"
    elif "`pulumi up`" not in remedy:
        remedy += "; then run `pulumi up` again"
    return replace(outcome, cause=cause, remedy=remedy)


def _telling(
    outcome: Outcome, last_lines: Sequence[str], server: Server | None
) -> tuple[SignatureMatch, None] | tuple[None, Server | None]:
    """Return what explains the failure best: a known log line, or the web server that ran instead."""
    if outcome.kind not in (Kind.FAILED, Kind.INTERRUPTED):
        return None, None
    if server is not None and server.certain:
        return None, server
    found = recognise(last_lines)
    return (found, None) if found else (None, server)


def step_failure(
    step: Step,
    shard: int,
    outcome: Outcome,
    last_lines: Sequence[str],
    place: LogPlace | None,
    task: str,
    server: Server | None = None,
) -> str:
    """Return the whole error text of a failed step; *server* as for :func:`account`."""
    found, seen_server = _telling(outcome, last_lines, server)
    seen = found.line if found else seen_server.line if seen_server else ""
    cut = not (seen_server and seen_server.certain) and _cut(outcome, found, last_lines)
    outcome = account(outcome, last_lines, server)
    which = f"migration step '{step.name}'" + (f", shard {shard} of {step.shards}," if step.shards > 1 else "")
    text = [f"{which} failed: {presentable_line(outcome.title)}"]
    text.append(f"  command:     {command_line(step.command)}")
    if outcome.cause:
        text.append(f"  cause:       {presentable_line(outcome.cause)}")
    if seen:
        text.append(f"  seen:        {presentable_line(seen)}")
    if outcome.remedy:
        text.append(f"  fix:         {presentable_line(outcome.remedy)}")
    if found is not None and found.signature.name == LOCK:
        text.append(f"  sessions:    {blockers.SEEN}")
    if cut:
        text.append(f"  indexes:     {INVALID_INDEX}")
    text += _log(outcome, last_lines, place, task)
    text.append("  The service was not changed.")
    return "\n".join(text)


def _cut(outcome: Outcome, found: SignatureMatch | None, last_lines: Sequence[str]) -> bool:
    """Return whether a CREATE INDEX CONCURRENTLY may have been interrupted.

    A lock, a stop, a signal, a timeout, or rows that violate the index interrupt it.

    Args:
        outcome: as it was before the log was searched for a cause.
    """
    if outcome.kind is Kind.INTERRUPTED or outcome.cause == HANGS.cause or outcome.exit_code in _KILLED:
        return True
    ran = outcome.kind is Kind.FAILED
    locked = found is not None and found.signature.name == LOCK
    return locked or (ran and any(_BUILDS.search(line) for line in last_lines))


def _log(outcome: Outcome, last_lines: Sequence[str], place: LogPlace | None, task: str) -> list[str]:
    """Return the last log lines and the log's place; nothing for a task that never started."""
    text = []
    where = f"log group {place.group}, stream {place.stream(task)}" if place is not None and task else ""
    if last_lines:
        text.append(f"  last lines of task {task.rpartition('/')[2]}:")
        shown = bounded_block([presentable_line(line) for line in last_lines], LONGEST_BLOCK)
        text.extend(f"    | {line}" for line in shown)
        text.extend([f"  log:         {where}"] if where else [])
    elif outcome.kind is not Kind.NOT_STARTED:
        text.append("  log:         it had printed nothing" + (f" ({where})" if where else ""))
    return text
