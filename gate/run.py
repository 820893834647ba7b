"""A run: the steps of one phase for one image, gated by records so that nothing ever runs twice at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gate import earlier
from gate.deployer import Deployer
from gate.errors import GateError, NotPrepared
from gate.fingerprint import Subject
from gate.logs import LogPlace
from gate.patience import Patience
from gate.plan import Adopt, Close, Refuse, Start, TakeSuccess, gives_way_to, plan
from gate.record import RunRecord, StepRecord
from gate.step_run import StepRun
from gate.tasks import Place, Tasks
from gate.verdict import StepFailed, essential


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
    until = to.clock.now() + deadline if deadline else None
    while True:
        runs = patience.ask(to.records.all)
        live = patience.ask(earlier.live_operators, to, runs, place)
        decision = plan(runs, subject.fingerprint, phase, to.clock.now(), live)
        if isinstance(decision, Refuse):
            raise GateError(earlier.refusal(decision.run, to.clock.now()))
        if isinstance(decision, Close):
            earlier.close(to, decision.run, place)
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
            if not may_go_on(to, run):
                continue
        return perform(to, run, subject, place, until, prepare)


def may_go_on(to: Deployer, run: RunRecord) -> bool:
    """Looks again after taking a number: False when an older run is open, and this one was closed in its favour."""
    patience = Patience(to.clock, "reading the run records")
    rival = gives_way_to(run, patience.ask(to.records.all))
    if rival is None:
        return True
    patience.ask(
        to.records.save,
        replace(run, state="closed", finished=round(to.clock.now()), message=f"gave way to run {rival.number}"),
    )
    return False


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


def perform(
    to: Deployer, run: RunRecord, subject: Subject, place: Place, until: float | None, prepare: Prepare | None
) -> RunResult:
    """Runs the steps of a run whose number is taken, and closes its record when they have ended by themselves."""
    patience = Patience(to.clock, "keeping the run records")
    shapes = _shapes(to, subject, place)
    done: dict[str, StepRecord] = dict(run.steps_done)
    try:
        if prepare is not None and not any(step.name in done for step in subject.steps):
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
