"""A run: the steps of one phase for one image, gated by records so that nothing ever runs twice at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gate.clock import Halt
from gate.deployer import Deployer
from gate.errors import GateError, Interrupted, NotPrepared
from gate.explain import short_time
from gate.fingerprint import Subject
from gate.logs import LogPlace
from gate.patience import Patience
from gate.plan import Adopt, Close, Refuse, Start, TakeSuccess, plan
from gate.record import RunRecord, StepRecord
from gate.shard import poll_seconds
from gate.step_run import StepRun
from gate.tasks import Place, Tasks, token
from gate.verdict import StepFailed, essential

SETTLE_SECONDS = 60.0
"""How long a task that was just started may be missing from ECS's answers before it counts as never started."""
CLOSE_SECONDS = 1800.0
"""How long a dead deployer's task of another image is waited for."""


@dataclass(frozen=True)
class StepResult:
    """What a step did. *tasks* are ids, one per shard; *seconds* is the longest shard's time."""

    name: str
    tasks: tuple[str, ...]
    exit_codes: tuple[int | None, ...]
    attempts: int
    seconds: int
    log_streams: tuple[str, ...]


@dataclass(frozen=True)
class RunResult:
    """A run that succeeded, this time or before."""

    number: int
    fingerprint: str
    steps: tuple[StepResult, ...]


Prepare = Callable[[RunRecord], None]
"""What must have been done before a run's first step; raises GateError when it could not be."""


def migrate(
    to: Deployer,
    subject: Subject,
    phase: str,
    place: Place,
    *,
    deadline: float = 0,
    prepare: Prepare | None = None,
) -> RunResult:
    """Runs the subject's steps, or takes up what an earlier deployer left.

    Args:
        deadline: seconds for all steps together; 0 for none but their own.
        prepare: called with the run before its first step; not for a run that is taken over after its steps began.

    Raises:
        StepFailed: a step did not end with exit code 0 everywhere.
        Interrupted: Ctrl-C (the task is stopped) or a dying deployer (the task is left).
        Unknown: AWS cannot be asked any more; the task goes on.
        GateError: somebody else's run is under way.
    """
    patience = Patience(to.clock, "reading the run records")
    tasks = Tasks(to.ecs, place.cluster)
    until = to.clock.now() + deadline if deadline else None
    while True:
        runs = patience.ask(to.records.all)
        live = patience.ask(_operators, to, tasks, runs, place)
        decision = plan(runs, subject.fingerprint, phase, to.clock.now(), live)
        if isinstance(decision, Refuse):
            raise GateError(_refusal(decision.run))
        if isinstance(decision, Close):
            _close(to, tasks, decision.run, place)
            continue
        if isinstance(decision, TakeSuccess):
            to.log(
                f"run {decision.run.number} of the same image and steps has already succeeded: nothing to run",
                False,
            )
            run = patience.ask(to.records.with_steps, decision.run)
            return _result(run, subject, _shapes(to, subject, place))
        if isinstance(decision, Adopt):
            to.log(
                f"taking over run {decision.run.number}, begun by {decision.run.who}",
                False,
            )
            run = replace(decision.run, who=to.who)
            patience.ask(to.records.save, run)
        elif isinstance(decision, Start):
            run = _begin(to, subject, phase, decision.number)
            if not patience.ask(to.records.create, run):
                continue  # somebody took the number in between: decide again
        return _steps(to, run, subject, place, until, prepare)


def _begin(to: Deployer, subject: Subject, phase: str, number: int) -> RunRecord:
    return RunRecord(
        number=number,
        by="up",
        fingerprint=subject.fingerprint,
        image=subject.digest,
        who=to.who,
        started=round(to.clock.now()),
        phase=phase,
        steps=tuple(step.name for step in subject.steps),
        nonce=secrets.token_hex(4),
    )


def _steps(
    to: Deployer, run: RunRecord, subject: Subject, place: Place, until: float | None, prepare: Prepare | None
) -> RunResult:
    patience = Patience(to.clock, "keeping the run records")
    shapes = _shapes(to, subject, place)
    done: dict[str, StepRecord] = dict(run.steps_done)
    try:
        if prepare is not None and not done:
            prepare(run)
        for number, step in enumerate(subject.steps, start=1):
            title = f"step {number} of {len(subject.steps)} ({step.name})"
            shape = shapes[step.name]
            done[step.name] = StepRun(to, run, step, shape.place, shape.essential, shape.log_place, title, until).run()
    except (StepFailed, NotPrepared) as failure:
        first_line = str(failure).partition("\n")[0]
        closed = replace(run, state="failed", finished=round(to.clock.now()), message=first_line)
        patience.ask(to.records.save, closed)
        raise
    finished = replace(run, state="succeeded", finished=round(to.clock.now()), steps_done=done)
    patience.ask(to.records.save, finished)
    patience.ask(to.records.prune)
    return _result(finished, subject, shapes)


@dataclass(frozen=True)
class _Shape:
    """A step's place, and what its task definition says about judging and following its task."""

    place: Place
    essential: frozenset[str]
    log_place: LogPlace | None


def _shapes(to: Deployer, subject: Subject, place: Place) -> dict[str, _Shape]:
    """Every step's shape, read before the first one starts: a revision that is wrong must not stop the run half-way."""
    patience, tasks = Patience(to.clock, "reading the task definitions"), Tasks(to.ecs, place.cluster)
    shapes: dict[str, _Shape] = {}
    for step in subject.steps:
        own = replace(
            place,
            task_definition=step.task_definition or place.task_definition,
            container=step.container or place.container,
        )
        definition = patience.ask(tasks.definition, own.task_definition)
        shapes[step.name] = _Shape(
            own, essential(definition["containerDefinitions"]) | {own.container}, _log_place(definition, own)
        )
    return shapes


def _log_place(definition: dict[str, Any], place: Place) -> LogPlace | None:
    container = next(
        (one for one in definition["containerDefinitions"] if one["name"] == place.container),
        None,
    )
    if container is None:
        names = ", ".join(one["name"] for one in definition["containerDefinitions"])
        raise GateError(f"the migration task definition has no container {place.container!r}; it has {names}")
    return LogPlace.of(container)


def _result(run: RunRecord, subject: Subject, shapes: Mapping[str, _Shape]) -> RunResult:
    steps = []
    for step in subject.steps:
        log_place = shapes[step.name].log_place
        record = run.steps_done.get(step.name, StepRecord(step.name))
        latest = [task for shard in range(step.shards) if (task := record.latest(shard)) is not None]
        steps.append(
            StepResult(
                name=step.name,
                tasks=tuple(task.task for task in latest),
                exit_codes=tuple(task.exit for task in latest),
                attempts=max((task.attempt for task in latest), default=0),
                seconds=max((task.seconds or 0 for task in latest), default=0),
                log_streams=tuple(log_place.stream(task.task) for task in latest) if log_place else (),
            )
        )
    return RunResult(run.number, subject.fingerprint, tuple(steps))


def _arns(to: Deployer, tasks: Tasks, run: RunRecord, place: Place) -> list[str]:
    """The tasks of a run that may still be alive, also those that were started but not recorded."""
    head, _, cluster = place.cluster.rpartition(":cluster/")
    arns = []
    for step in run.steps_done.values():
        for task in step.tasks:
            if task.done:
                continue
            if task.task:
                arns.append(f"{head}:task/{cluster}/{task.task}")
                continue
            attempt = token(run.identity(to.records.prefix), step.name, task.shard, task.attempt)
            found = tasks.find(attempt, place.task_definition)
            if found:
                arns.append(found)
    return arns


def _operators(to: Deployer, tasks: Tasks, runs: Sequence[RunRecord], place: Place) -> frozenset[int]:
    """Numbers of the open operator's runs that have a task which has not stopped."""
    return frozenset(
        run.number
        for run in runs
        if run.open
        and run.by == "run"
        and any(one.get("lastStatus") != "STOPPED" for one in tasks.describe(_arns(to, tasks, run, place)).values())
    )


def _close(to: Deployer, tasks: Tasks, run: RunRecord, place: Place) -> None:
    """Waits until a dead deployer's tasks have stopped, then closes its record."""
    patience = Patience(to.clock, f"waiting for the tasks of run {run.number}")
    begun = said = to.clock.now()
    unfinished = sum(not task.done for step in run.steps_done.values() for task in step.tasks)
    while True:
        arns = patience.ask(_arns, to, tasks, run, place)
        found = patience.ask(tasks.describe, arns) if arns else {}
        running = [arn.rpartition("/")[2] for arn, task in found.items() if task.get("lastStatus") != "STOPPED"]
        # What was started a moment ago may not be listed yet: missing is not stopped before it had time to show.
        settled = len(found) == unfinished or to.clock.now() - begun > SETTLE_SECONDS
        if not running and settled:
            break
        halt = to.clock.halted()
        if halt is not None:
            left = "was left running" if halt is Halt.ABANDON else "was left running; it is not this update's"
            raise Interrupted(
                f"cancelled while waiting for task {', '.join(running)} of run {run.number}, which {left}"
            )
        now = to.clock.now()
        if now - begun > CLOSE_SECONDS:
            raise GateError(
                f"task {', '.join(running)} of run {run.number} (another image, begun by {run.who}) has not stopped "
                f"after {short_time(now - begun)}; stop it by hand (aws ecs stop-task) or wait, then "
                "run `pulumi up` again"
            )
        if now - said >= 10 or said == begun:
            said = now
            to.log(
                f"waiting for task {', '.join(running)} of run {run.number} (another image) to stop",
                False,
            )
        to.clock.wait(poll_seconds(now - begun))
    closed = replace(run, state="closed", finished=round(to.clock.now()), message="its deployer died")
    patience.ask(to.records.save, closed)


def _refusal(run: RunRecord) -> str:
    tasks = [task.task for step in run.steps_done.values() for task in step.tasks if not task.done and task.task]
    return (
        f"run {run.number} is under way: `sluice run` by {run.who}, task {', '.join(tasks) or 'about to start'}. "
        "Nothing was started. Wait until it has ended, then run `pulumi up` again"
    )


__all__: Sequence[str] = ["RunResult", "StepResult", "migrate"]
