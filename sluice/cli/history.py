"""`sluice history`: the stack's runs and rollbacks, from its records.

IAM: ssm:GetParametersByPath on the stack's parameters; ecs:DescribeTaskDefinition on ``*`` for the log streams.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sluice.cli import exits
from sluice.cli.context import Context
from sluice.diagnosis.log_place import LogPlace
from sluice.duration import short_time
from sluice.migration.operator_run import RunRefused
from sluice.migration.records.plan import COMMANDS
from sluice.migration.records.record import RunRecord
from sluice.release.names import short
from sluice.release.release_record import Release, ReleaseRecords, RolloutRecord, names_of
from sluice.rollout import timeline

HEADS = ("RUN", "BY", "AUTHOR", "WHEN (UTC)", "IMAGE", "VERSION", "GIT REVISION", "STEPS OR COMMAND", "RESULT", "TOOK")
BETWEEN_SECONDS = 3600
"""Seconds between the end of a run and the rollout of the same `pulumi up`, at most; between them is the service."""
COMMAND = 80
"""Characters of an operator's command in the table; `sluice history N` shows more of it."""


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "history",
        help="show the stack's runs, or one run in full",
        description="Show the stack's runs and rollbacks, newest first; the last 50 are kept. With a number: that "
        "run's tasks, exit codes and log streams.",
    )
    one.add_argument("number", nargs="?", type=int, help="number of the run to show in full")
    one.add_argument("--rollout", action="store_true", help="show the timeline of the last rollout and its migrations")
    one.add_argument("--markdown", action="store_true", help="with --rollout: Markdown with a Mermaid chart")
    one.add_argument("--limit", type=int, default=20, metavar="N", help="rows of the table (default: 20)")
    one.set_defaults(main=main)


def main(context: Context, given: argparse.Namespace) -> int:
    if given.rollout:
        return _timeline(context, given.markdown)
    releases = ReleaseRecords(context.clients["ssm"], context.stack.path).all()
    runs = [called(run, releases) for run in context.records.all()]
    if given.number is not None:
        return _one(context, runs, given.number)
    limit = max(1, given.limit)
    newest = sorted(runs, key=lambda run: run.number, reverse=True)[:limit]
    context.terminal.result([plain(run) for run in newest])
    if not newest:
        context.terminal.line(f"nothing has run on stack {context.stack.name} yet")
    elif not context.terminal.machine:
        context.terminal.table(HEADS, rows(runs, releases, context.clock.now())[:limit])
    return exits.OK


def _timeline(context: Context, chart: bool) -> int:
    """Show how long each stage of the last rollout took. Raises RunRefused when there was none."""
    record = ReleaseRecords(context.clients["ssm"], context.stack.path).rollout()
    if record is None:
        raise RunRefused(f"stack {context.stack.name} has no rollout yet")
    stages = timeline.bars(record, _migrations(context, record))
    shown = [vars(one) for one in stages]
    context.terminal.result({"rollout": timeline.heading(record), "state": record.state, "stages": shown})
    if not context.terminal.machine:
        for line in timeline.markdown(record, stages) if chart else timeline.terminal(record, stages):
            context.terminal.line(line)
    return exits.OK


def _migrations(context: Context, record: RolloutRecord) -> timeline.Migrations | None:
    """Return the steps that `pulumi up` ran on the image of a rollout before it; None when it ran none then."""
    digest = record.digest.rpartition("@")[2]
    runs = [
        run
        for run in context.records.all()
        if run.by == "up" and run.phase == "before" and run.image.rpartition("@")[2] == digest
        if run.finished is not None and 0 <= record.at - run.finished <= BETWEEN_SECONDS
    ]
    if not runs:
        return None
    run = context.records.with_steps(max(runs, key=lambda one: one.number))
    steps = sorted(run.steps_done.values(), key=lambda one: _order(run, one.name))
    took = tuple((one.name, max((task.seconds or 0 for task in one.tasks), default=0)) for one in steps)
    return timeline.Migrations(run.started, took)


def called(run: RunRecord, releases: Sequence[Release]) -> RunRecord:
    """Return a run with the names of its image, which may be known from a release only."""
    names = run.names or names_of(releases, run.image)
    return replace(run, version=names.version, revision=names.revision)


def rows(runs: Sequence[RunRecord], releases: Sequence[Release], now: float) -> list[tuple[str, ...]]:
    """Return the rows of the table, newest first: runs, and rollbacks, which ran nothing."""
    entries = [(run.started, run.number, row(run, now)) for run in runs]
    entries += [(one.at, 0, moved_back(one)) for one in releases if one.by == "rollback"]
    return [line for _, _, line in sorted(entries, key=lambda one: one[:2], reverse=True)]


def moved_back(release: Release) -> tuple[str, ...]:
    """Return a rollback as a row of the table."""
    return (
        "",
        release.by,
        release.author,
        _time(release.at),
        release.digest.rpartition("@")[2].removeprefix("sha256:")[:12],
        short(release.version),
        short(release.revision),
        f"rolled back: release {release.number}",
        "succeeded",
        "",
    )


def row(run: RunRecord, now: float) -> tuple[str, ...]:
    """Return a run as a row of the table."""
    return (
        str(run.number),
        "up, after" if run.by == "up" and run.phase == "after" else run.by,
        run.author,
        _time(run.started),
        run.image.removeprefix("sha256:")[:12],
        short(run.version),
        short(run.revision),
        _short(run.command) or " ".join(run.steps) or run.message,
        "in progress" if run.open else run.state,
        short_time((run.finished or now) - run.started),
    )


def _short(command: str) -> str:
    return command if len(command) <= COMMAND else f"{command[: COMMAND - 1]}…"


def plain(run: RunRecord) -> dict[str, Any]:
    """Return a run as --json prints it."""
    return {
        "run": run.number,
        "by": run.by,
        "phase": run.phase,
        "author": run.author,
        "started": _iso(run.started),
        "finished": _iso(run.finished) if run.finished else None,
        "image": run.image,
        "version": run.version or None,
        "revision": run.revision or None,
        "steps": list(run.steps),
        "state": run.state,
        "readOnly": run.read_only,
        "command": run.command or None,
        "message": run.message,
        "seconds": run.finished - run.started if run.finished else None,
    }


def _one(context: Context, runs: Sequence[RunRecord], number: int) -> int:
    found = next((run for run in runs if run.number == number), None)
    if found is None:
        numbers = f"{runs[0].number} to {runs[-1].number}" if runs else "none"
        raise RunRefused(f"stack {context.stack.name} has no run {number}; its runs: {numbers}")
    run = context.records.with_steps(found)
    place = _log_place(context)
    tasks = [
        {
            "step": step.name,
            "shard": task.shard,
            "attempt": task.attempt,
            "task": task.task,
            "result": task.done or "running",
            "exit": task.exit,
            "seconds": task.seconds,
            "logStream": place.stream(task.task) if place and task.task else "",
        }
        for step in sorted(run.steps_done.values(), key=lambda one: _order(run, one.name))
        for task in step.tasks
    ]
    group = place.group if place else ""
    context.terminal.result(plain(run) | {"tasks": tasks, "logGroup": group})
    if context.terminal.machine:
        return exits.OK
    line = context.terminal.line
    state = "in progress" if run.open else run.state
    line(f"run {run.number}: {state}, {COMMANDS[run.by]} by {run.author}, {_time(run.started)} UTC")
    line(f"image {run.image}" + (f", {run.names}" if run.names else ""))
    if run.command:
        line(f"command: {run.command}")
    if run.message and not run.command.endswith(run.message):
        line(run.message)
    if group:
        line(f"log group {group}")
    heads = ("STEP", "SHARD", "ATTEMPT", "TASK", "RESULT", "EXIT", "TOOK", "LOG STREAM")
    context.terminal.table(heads, [[_cell(key, value) for key, value in task.items()] for task in _reordered(tasks)])
    return exits.OK


def _reordered(tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    keys = ("step", "shard", "attempt", "task", "result", "exit", "seconds", "logStream")
    return [{key: task[key] for key in keys} for task in tasks]


def _cell(key: str, value: Any) -> str:
    if value is None or value == "":
        return "-"
    return short_time(value) if key == "seconds" else str(value)


def _order(run: RunRecord, step: str) -> int:
    return run.steps.index(step) if step in run.steps else len(run.steps)


def _log_place(context: Context) -> LogPlace | None:
    """Return where the migration's container logs now; an old run may have logged elsewhere."""
    place = context.stack.place
    definition = context.clients["ecs"].describe_task_definition(taskDefinition=place.task_definition)["taskDefinition"]
    containers = {one["name"]: one for one in definition["containerDefinitions"]}
    return LogPlace.of(containers[place.container]) if place.container in containers else None


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
