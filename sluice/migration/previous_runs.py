"""Earlier runs: which are alive, who owns them, and how a dead one's record is closed.

IAM: ecs:DescribeTasks on ``task/CLUSTER/*``, ecs:ListTasks (condition ecs:cluster).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sluice.aws.patience import Patience
from sluice.aws.tasks import EcsTasks, Place, token
from sluice.clock import Halt
from sluice.duration import short_time
from sluice.errors import GateError, Interrupted
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.ownership import Ownership
from sluice.migration.records.plan import COMMANDS
from sluice.migration.records.record import RunRecord
from sluice.migration.step.shard import poll_seconds

SETTLE_SECONDS = 60.0
"""Seconds for which a new task may be missing from ECS's answers before it counts as never started."""
CLOSE_SECONDS = 1800.0
"""Seconds to wait for the task of a dead deployer."""


def live_operators(to: Deployer, runs: Sequence[RunRecord], place: Place) -> frozenset[int]:
    """Return the numbers of open operators' runs that have a live task."""
    tasks = EcsTasks(to.ecs, place.cluster)
    return frozenset(
        run.number
        for run in runs
        if run.open
        and run.by == "run"
        and any(one.get("lastStatus") != "STOPPED" for one in tasks.describe(_arns(to, tasks, run, place)).values())
    )


def close(to: Deployer, run: RunRecord, place: Place) -> None:
    """Take over a dead run's record, wait until its tasks have stopped, and close it.

    The record is taken over *before* its tasks are searched. An owner that is alive after all records what it is about
    to start, then reads the record, so at least one of the two sees the other. Unless that owner recorded that it
    starts nothing more, a call of its in transit gets :data:`SETTLE_SECONDS` to arrive.
    """
    tasks, patience = EcsTasks(to.ecs, place.cluster), Patience(to.clock, f"waiting for the tasks of run {run.number}")
    fresh = patience.ask(to.records.get, run.number)
    if fresh is None or not fresh.open:
        return  # its owner was alive, and has ended
    whose = f"{COMMANDS[run.by]}, {'begun by ' if run.by == 'up' else ''}{fresh.author}"
    quiet = fresh.idle
    run = replace(fresh, author=_closing(to.author, fresh.author), owner=to.owner, idle=True)
    patience.ask(to.records.save, run)
    owner = Ownership(to.records, to.clock, run)
    begun = to.clock.now()
    said: float | None = None
    while True:
        run = patience.ask(to.records.with_steps, run)
        unfinished = sum(not task.done for step in run.steps_done.values() for task in step.tasks)
        arns = patience.ask(_arns, to, tasks, run, place)
        found = patience.ask(tasks.describe, arns)
        running = [arn.rpartition("/")[2] for arn, task in found.items() if task.get("lastStatus") != "STOPPED"]
        # A task that was just started may not be listed yet, so a missing task counts as stopped only after a while.
        settled = (quiet and len(found) == unfinished) or to.clock.now() - begun > SETTLE_SECONDS
        if not running and settled:
            break
        halt = to.clock.halted()
        if halt is not None:
            left = "was left running" if halt is Halt.ABANDON else "was left running; it is not this command's"
            raise Interrupted(
                f"cancelled while waiting for task {', '.join(running) or 'not listed yet'} of run {run.number}, "
                f"which {left}"
            )
        now = to.clock.now()
        if now - begun > CLOSE_SECONDS:
            raise GateError(
                f"task {', '.join(running)} of run {run.number} ({whose}) has not stopped "
                f"after {short_time(now - begun)}. Fix: stop it (aws ecs stop-task) or wait, then try again"
            )
        if said is None or now - said >= 10:
            said = now
            to.log(_waiting(run.number, whose, running), False)
        to.clock.wait(poll_seconds(now - begun))
    if owner.taken_over() is not None:
        return  # another deployer closes it, or has closed it
    closed = replace(run, state="closed", finished=round(to.clock.now()), message="its deployer died")
    patience.ask(to.records.save, closed)


def _waiting(number: int, whose: str, running: Sequence[str]) -> str:
    if running:
        return f"waiting for task {', '.join(running)} of run {number} ({whose}) to stop"
    return (
        f"run {number} ({whose}) ended without a result: waiting up to {short_time(SETTLE_SECONDS)} for a task that it "
        "may have just started"
    )


def _closing(author: str, left: str) -> str:
    """Return the author of a record that is being closed: the newest closer and the original author."""
    return f"{author}, closing what {left.rpartition('closing what ')[2].removesuffix(' left')} left"[:200]


def refusal(run: RunRecord, now: float) -> str:
    """Return the error text that names the run in progress."""
    tasks = [task.task for step in run.steps_done.values() for task in step.tasks if not task.done and task.task]
    since = datetime.fromtimestamp(run.started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    text = (
        f"run {run.number} is in progress: {COMMANDS[run.by]} by {run.author}, since {since} "
        f"({short_time(now - run.started)} ago), task {', '.join(tasks) or 'about to start'}. Nothing was started. "
    )
    if run.by == "up":
        return text + (
            "Wait until it has ended, then try again; if that deployer is dead, run `pulumi cancel` and `pulumi up`, "
            "which takes the run over"
        )
    return text + "Wait until it has ended, then try again; a dead command's record is closed after two minutes"


def arn(cluster: str, task_id: str) -> str:
    """Return a task's ARN from its cluster's. Source: ECS "ARN formats"; a task's ARN has the cluster's name."""
    head, _, name = cluster.rpartition(":cluster/")
    return f"{head}:task/{name}/{task_id}"


def _arns(to: Deployer, tasks: EcsTasks, run: RunRecord, place: Place) -> list[str]:
    """Return the tasks of a run that may be alive, including those that were started but not recorded."""
    arns = []
    for step in run.steps_done.values():
        for task in step.tasks:
            if task.done:
                continue
            if task.task:
                arns.append(arn(place.cluster, task.task))
                continue
            attempt = token(run.identity(to.records.prefix), step.name, task.shard, task.attempt)
            found = tasks.find(attempt, place.task_definition)
            if found:
                arns.append(found)
    return arns
