"""Failures in words: what broke, what it means, what to do, the last lines, where the rest is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gate.logs import LogPlace
from gate.signature import Found, recognise
from gate.step import Step
from gate.verdict import Kind, Outcome


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
    text = [f"{which} failed: {outcome.title}"]
    text.append(f"  command:     {' '.join(step.command)}")
    if outcome.cause:
        text.append(f"  likely:      {outcome.cause}")
    if found is not None:
        text.append(f"  seen:        {found.line}")
    if outcome.remedy:
        text.append(f"  what to do:  {outcome.remedy}")
    if last_lines:
        text.append("  last lines of its log:")
        text.extend(f"    | {line}" for line in last_lines)
    elif outcome.kind is not Kind.NOT_STARTED:
        text.append("  its log:     nothing was printed")
    if place is not None and task:
        text.append(f"  full log:    log group {place.group}, stream {place.stream(task)}")
    text.append("  The service was not touched: what served before keeps serving.")
    return "\n".join(text)
