"""Failures in words: what broke, what it means, what to do, the last lines, where the rest is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gate.logs import LogPlace
from gate.presentable import command_line, presentable_line
from gate.printable import bounded_block
from gate.signature import LOCK, Found, recognise
from gate.step import Step
from gate.verdict import Kind, Outcome

LONGEST_BLOCK = 6_000
"""Characters of the last lines that a failure shows."""
INVALID_INDEX = (
    "CREATE INDEX CONCURRENTLY leaves an invalid index behind when it is interrupted, and with IF NOT EXISTS the next "
    "run passes over it; find it with SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid, and drop it "
    "before you run the step again"
)
"""PostgreSQL, CREATE INDEX, "Building Indexes Concurrently"."""


def short_time(seconds: float) -> str:
    """``7 s``, ``1 min 12 s``, ``2 h 03 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def account(outcome: Outcome, last_lines: Sequence[str]) -> Outcome:
    """The outcome with the cause that its log gives away; unchanged where the log has no line that we know.

    Where ECS has said more than a log can, or somebody stopped the task, that stays and the log's cause is added.
    """
    found = _telling(outcome, last_lines)
    if found is None:
        return outcome
    cause, remedy = found.signature.cause, found.signature.remedy
    own = outcome.certain or outcome.kind is Kind.INTERRUPTED or outcome.exit_code is None
    if own and outcome.cause:
        cause, remedy = f"{outcome.cause}; its log points to: {cause}", f"{outcome.remedy}; {remedy}"
    elif "`pulumi up`" not in remedy:
        remedy += "; then run `pulumi up` again"
    return replace(outcome, cause=cause, remedy=remedy)


def _telling(outcome: Outcome, last_lines: Sequence[str]) -> Found | None:
    return recognise(last_lines) if outcome.kind in (Kind.FAILED, Kind.INTERRUPTED) else None


def step_failure(
    step: Step,
    shard: int,
    outcome: Outcome,
    last_lines: Sequence[str],
    place: LogPlace | None,
    task: str,
) -> str:
    """The whole explanation of a step that failed."""
    found = _telling(outcome, last_lines)
    outcome = account(outcome, last_lines)
    which = f"migration step '{step.name}'" + (f", shard {shard} of {step.shards}," if step.shards > 1 else "")
    text = [f"{which} failed: {presentable_line(outcome.title)}"]
    text.append(f"  command:     {command_line(step.command)}")
    if outcome.cause:
        text.append(f"  likely:      {presentable_line(outcome.cause)}")
    if found is not None:
        text.append(f"  seen:        {presentable_line(found.line)}")
    if outcome.remedy:
        text.append(f"  what to do:  {presentable_line(outcome.remedy)}")
    if found is not None and found.signature.name == LOCK:
        text.append(f"  indexes:     {INVALID_INDEX}")
    if last_lines:
        text.append("  last lines of its log:")
        shown = bounded_block([presentable_line(line) for line in last_lines], LONGEST_BLOCK)
        text.extend(f"    | {line}" for line in shown)
    elif outcome.kind is not Kind.NOT_STARTED:
        text.append("  its log:     nothing was printed")
    if place is not None and task:
        text.append(f"  full log:    log group {place.group}, stream {place.stream(task)}")
    text.append("  The service was not touched: what served before keeps serving.")
    return "\n".join(text)
