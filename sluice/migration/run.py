"""A run: the steps of one phase for one image, locked by records so that nothing runs twice at the same time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.author import Identity
from sluice.aws.patience import Patience, Unknown
from sluice.aws.tasks import EcsTasks, Place, stop_seconds
from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.verdict import StepFailed, essential
from sluice.errors import GateError, Interrupted, NotPrepared, Superseded
from sluice.migration import previous_runs
from sluice.migration.entitlement import CLOCKS_SECONDS, overtaken
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.ownership import Ownership
from sluice.migration.records.plan import Adopt, Close, Refuse, Start, TakeSuccess, gives_way_to, plan
from sluice.migration.records.record import RunRecord, StepRecord
from sluice.migration.step.step_run import StepRun

TAKEN_SECONDS = 1.0
"""Seconds to wait before deciding again, after another deployer took the number first."""


@dataclass(frozen=True)
class StepResult:
    """The result of a step.

    Attributes:
        tasks: ids, one per shard.
        exit_codes: one per shard.
        attempts: the most attempts of a shard.
        seconds: the longest shard's duration.
        log_streams: one per shard.
    """

    name: str
    tasks: tuple[str, ...]
    exit_codes: tuple[int | None, ...]
    attempts: int
    seconds: int
    log_streams: tuple[str, ...]


@dataclass(frozen=True)
class RunResult:
    """The result of a successful run, of this or an earlier update."""

    number: int
    fingerprint: str
    steps: tuple[StepResult, ...]


Prepare = Callable[[RunRecord, Mapping[str, Mapping[str, Any]]], None]
"""Called before a run's first step, with the run and its steps' task definitions (DescribeTaskDefinition) by ARN;
raises GateError to refuse the run."""


def migrate(
    to: Deployer,
    subject: MigrationSubject,
    phase: str,
    place: Place,
    *,
    deadline: float = 0,
    prepare: Prepare | None = None,
) -> RunResult:
    """Run the subject's steps, or continue the run of an earlier deployer.

    Args:
        deadline: seconds for all steps together; 0 for their own timeouts only.
        prepare: called with the run and its task definitions before its first step; not for a run that is taken over
            after its steps began.

    Raises:
        StepFailed: a step did not end with exit code 0 everywhere.
        Interrupted: Ctrl-C (the task is stopped) or a dying deployer (the task is left).
        Unknown: AWS stopped answering; the task keeps running.
        Superseded: another deployer took the run over.
        GateError: another run is in progress.
    """
    patience = Patience(to.clock, "reading the run records")
    until = to.clock.now() + deadline if deadline else None
    taken: set[int] = set()
    while True:
        runs = patience.ask(all_runs, to, taken)
        if by := overtaken(runs, (), Identity(to.owner, to.author, to.began)):
            raise Superseded(_came_late(by))
        live = patience.ask(previous_runs.live_operators, to, runs, place)
        decision = plan(runs, subject.fingerprint, phase, to.clock.now(), live)
        if isinstance(decision, Refuse):
            raise GateError(previous_runs.refusal(decision.run, to.clock.now()))
        if isinstance(decision, Close):
            previous_runs.close(to, decision.run, place)
            continue
        if isinstance(decision, TakeSuccess):
            to.log(
                f"run {decision.run.number} of the same image and steps has already succeeded: no step runs",
                False,
            )
            run = patience.ask(to.records.with_steps, decision.run)
            return _result(run, subject, _shapes(to, subject, place))
        if isinstance(decision, Adopt):
            to.log(
                f"taking over run {decision.run.number}, started by {decision.run.author}",
                False,
            )
            run = replace(decision.run, author=to.author, owner=to.owner, idle=False)
            patience.ask(to.records.save, run)
            # Read after the takeover, because its former owner may have started tasks since the list was read.
            run = patience.ask(to.records.with_steps, run)
        elif isinstance(decision, Start):
            run = _begin(to, subject, phase, decision.number)
            if not patience.ask(to.records.create, run):
                rival = patience.ask(to.records.get, run.number)
                # Another `up` took the number after this one began; the clocks' tolerance counts for the other one.
                early = Identity(to.owner, to.author, to.began - 2 * CLOCKS_SECONDS)
                if rival is not None and (by := overtaken((rival,), (), early)):
                    raise Superseded(_came_late(by))
                number_taken(to, taken, run.number)
                continue
            if not may_go_on(to, run):
                continue
        return perform(to, run, subject, place, until, prepare)


def _came_late(by: str) -> str:
    return (
        f"no migration was run: {by}, after this `pulumi up` had started. Nothing was started or recorded.\n"
        "  cause: the stack's lock was released (`pulumi cancel`) while this deployer was slow\n"
        "  fix:   check the other run (`sluice status`); when it has ended, run `pulumi up` if this version is "
        "still wanted"
    )


def all_runs(to: Deployer, taken: Collection[int]) -> list[RunRecord]:
    """Return all runs, including those whose numbers were taken, which the list may not have yet."""
    runs = to.records.all()
    listed = {run.number for run in runs}
    found = [to.records.get(number) for number in sorted(taken) if number not in listed]
    return runs + [to.records.with_steps(run) for run in found if run is not None]


def number_taken(to: Deployer, taken: set[int], number: int) -> None:
    """Wait after another deployer took the number, before deciding again. Raises Interrupted."""
    if to.clock.halted():
        raise Interrupted("cancelled before anything was started")
    taken.add(number)
    to.clock.wait(TAKEN_SECONDS)


def may_go_on(to: Deployer, run: RunRecord) -> bool:
    """Return False when an older run is open, after closing this one in its favour."""
    patience = Patience(to.clock, "reading the run records")
    rival = gives_way_to(run, patience.ask(to.records.all))
    if rival is None:
        return True
    patience.ask(
        to.records.save,
        replace(run, state="closed", finished=round(to.clock.now()), message=f"gave way to run {rival.number}"),
    )
    return False


def _begin(to: Deployer, subject: MigrationSubject, phase: str, number: int) -> RunRecord:
    return RunRecord(
        number=number,
        by="up",
        fingerprint=subject.fingerprint,
        image=subject.digest,
        author=to.author,
        started=round(to.clock.now()),
        phase=phase,
        steps=tuple(step.name for step in subject.steps),
        nonce=secrets.token_hex(4),
        owner=to.owner,
        version=to.names.version,
        revision=to.names.revision,
    )


def perform(
    to: Deployer, run: RunRecord, subject: MigrationSubject, place: Place, until: float | None, prepare: Prepare | None
) -> RunResult:
    """Run the steps of a run whose record exists, and close the record when they have ended."""
    patience, owner = Patience(to.clock, "keeping the run records"), Ownership(to.records, to.clock, run)
    done: dict[str, StepRecord] = dict(run.steps_done)
    try:
        shapes = _shapes(to, subject, place)
        if prepare is not None and not any(step.name in done for step in subject.steps):
            prepare(run, {shape.place.task_definition: shape.definition for shape in shapes.values()})
        for number, step in enumerate(subject.steps, start=1):
            title = f"step {number} of {len(subject.steps)} ({step.name})"
            shape = shapes[step.name]
            done[step.name] = StepRun(to, run, step, shape.place, shape.essential, shape.log_place, title, until).run()
        owner.check()
    except (StepFailed, NotPrepared) as failure:
        owner.check()
        first_line = str(failure).partition("\n")[0]
        closed = replace(run, state="failed", finished=round(to.clock.now()), message=first_line)
        patience.ask(to.records.save, closed)
        raise
    except (Interrupted, Unknown):
        _leave(to, run, owner)
        raise
    finished = replace(run, state="succeeded", finished=round(to.clock.now()), steps_done=done)
    patience.ask(to.records.save, finished)
    patience.ask(to.records.prune, run.number)
    return _result(finished, subject, shapes)


def _leave(to: Deployer, run: RunRecord, owner: Ownership) -> None:
    """Record that the owner starts nothing more, so that the next deployer need not wait."""
    try:
        if owner.taken_over() is None:
            Patience(to.clock, "leaving the run").ask(to.records.save, replace(run, idle=True))
    except (GateError, BotoCoreError, ClientError) as error:
        to.log(f"run {run.number} could not be marked as idle; the next deployer waits a little: {error}", False)


@dataclass(frozen=True)
class _Shape:
    """A step's task definition, with its essential containers and its log."""

    place: Place
    definition: Mapping[str, Any]
    essential: frozenset[str]
    log_place: LogPlace | None


def _shapes(to: Deployer, subject: MigrationSubject, place: Place) -> dict[str, _Shape]:
    """Read every step's task definition before the first step starts, so that a wrong one cannot stop the run
    midway."""
    patience, tasks = Patience(to.clock, "reading the task definitions"), EcsTasks(to.ecs, place.cluster)
    shapes: dict[str, _Shape] = {}
    definitions: dict[str, dict[str, Any]] = {}  # most steps share one
    for step in subject.steps:
        own = replace(
            place,
            task_definition=step.task_definition or place.task_definition,
            container=step.container or place.container,
        )
        if own.task_definition not in definitions:
            definitions[own.task_definition] = patience.ask(tasks.definition, own.task_definition)
        definition = definitions[own.task_definition]
        own = replace(own, stop_seconds=stop_seconds(definition))
        shapes[step.name] = _Shape(
            own,
            definition,
            essential(definition["containerDefinitions"]) | {own.container},
            _log_place(definition, own),
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


def _result(run: RunRecord, subject: MigrationSubject, shapes: Mapping[str, _Shape]) -> RunResult:
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
