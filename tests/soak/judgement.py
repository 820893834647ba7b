"""What must be true after the last deployment, whatever happened before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sluice.aws.tasks import token
from sluice.migration.records.record import RunRecord
from tests.soak.deployer import subject
from tests.soak.scenario import OPERATOR, SHARDS
from tests.soak.witness import Visit


@dataclass(frozen=True)
class Evidence:
    """What is left of a scenario: the last deployment's job, the records, ECS's tasks, and what the witness saw."""

    job: dict[str, Any]
    runs: Sequence[RunRecord]
    tasks: Sequence[dict[str, Any]]
    visits: Sequence[Visit]
    overlaps: Sequence[str]


Attempt = tuple[int, str, int, int]
"""Number of the run, step, shard, attempt."""


def judge(evidence: Evidence) -> list[str]:
    """Everything that is wrong, in words; empty when nothing was ever two and nothing was lost."""
    attempts = _attempts(evidence)
    return [
        *(f"two at once: {overlap}" for overlap in evidence.overlaps),
        *_records(evidence),
        *_tasks(evidence, attempts),
        *_visits(evidence, attempts),
    ]


def _attempts(evidence: Evidence) -> dict[str, Attempt]:
    """What each token that the gate may have used stands for."""
    return {
        token(run.identity(evidence.job["records"]), step.name, task.shard, attempt): (
            run.number, step.name, task.shard, attempt,
        )
        for run in evidence.runs
        for step in run.steps_done.values()
        for task in step.tasks
        for attempt in range(1, task.attempt + 1)
    }  # fmt: skip


def _records(evidence: Evidence) -> Iterator[str]:
    runs = evidence.runs
    if [run.number for run in runs] != list(range(1, len(runs) + 1)):
        yield f"the runs are numbered {[run.number for run in runs]}"
    yield from (f"run {run.number} is still open" for run in runs if run.open)
    wanted = subject(evidence.job).fingerprint
    if not runs or runs[-1].state != "succeeded" or runs[-1].fingerprint != wanted:
        yield "the last run is not a success of the last deployment's image and steps"
    for before, after in pairwise(runs):  # after an operator's command the steps are run anew: it may have undone them
        if before.state == after.state == "succeeded" and before.fingerprint == after.fingerprint != "":
            yield f"run {after.number} ran again what run {before.number} had done"
    for run in runs:
        if run.state != "succeeded":
            continue
        for step, shards in (SHARDS if run.by == "up" else {OPERATOR: 1}).items():
            kept = run.steps_done.get(step)
            ends = [(task.shard, task.exit, task.done) for task in kept.tasks] if kept else []
            if ends != [(shard, 0, "succeeded") for shard in range(shards)]:
                yield f"run {run.number} succeeded, but its step {step} is recorded as {ends}"


def _tasks(evidence: Evidence, attempts: dict[str, Attempt]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for task in evidence.tasks:
        arn, by = task["taskArn"], task.get("startedBy", "")
        if task["lastStatus"] != "STOPPED":
            yield f"task {arn} is left {task['lastStatus']}"
        if by not in attempts:
            yield f"task {arn} belongs to no recorded attempt"
        if by in seen:
            yield f"attempt {attempts.get(by)} has two tasks: {arn} and {seen[by]}"
        seen[by] = arn
    recorded = {
        task.task: (run.number, step.name, task.shard, task.attempt)
        for run in evidence.runs
        for step in run.steps_done.values()
        for task in step.tasks
        if task.task
    }
    known = {arn.rpartition("/")[2]: attempts.get(by) for by, arn in seen.items()}
    for identity, attempt in recorded.items():
        if known.get(identity) != attempt:
            yield f"attempt {attempt} is recorded as task {identity}, which ECS has as {known.get(identity)}"


def _visits(evidence: Evidence, attempts: dict[str, Attempt]) -> Iterator[str]:
    """Every process that ran is one task of one attempt; a shard that succeeded is not run again; steps in order."""
    containers = {str(container.get("runtimeId")): task for task in evidence.tasks for container in task["containers"]}
    done: dict[tuple[int, str, int], Visit] = {}
    seen = set()
    for visit in evidence.visits:
        task = containers.get(visit.container)
        attempt = attempts.get(task.get("startedBy", "")) if task else None
        if task is None or attempt is None:
            yield f"{visit} is no task of a recorded attempt"
            continue
        if visit.container in seen:
            yield f"{visit} came twice"
        seen.add(visit.container)
        run, step, shard, _ = attempt
        if (step, shard) != (visit.step, visit.shard):
            yield f"{visit} was started as {attempt}"
        if visit.exit != 0 and task["containers"][0].get("exitCode") == 0:
            yield f"{visit} did not end well, but ECS says 0"
        if (run, step, shard) in done:
            yield f"{visit}: the shard had already succeeded in run {run}"
        names = list(SHARDS)
        for before in names[: names.index(step)] if step in names else ():
            for other in range(SHARDS[before]):
                if (run, before, other) not in done:
                    yield f"{visit} began before {before}[{other}] of run {run} had succeeded"
        if visit.exit == 0 and task.get("stopCode") == "EssentialContainerExited":  # a stopped one has not succeeded
            done[run, step, shard] = visit
    last = evidence.runs[-1].number if evidence.runs else 0
    for step, shards in SHARDS.items():
        for shard in range(shards):
            if (last, step, shard) not in done:
                yield f"{step}[{shard}] of the last run never succeeded before the witness"
