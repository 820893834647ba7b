"""The record of a step's attempts: what the next deployer finds in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.aws.tasks import token
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.migration.records.record import TaskRecord
from sluice.migration.step.shard import Shard
from tests.unit.sluice.migration.step.one_step import STEP, OneStep, arn, task_id

FAILED = Outcome(Kind.FAILED, "exit code 3", exit_code=3)


def at(seconds: float) -> datetime:
    """That many seconds after the deployer began."""
    return datetime.fromtimestamp(1_000_000 + seconds, UTC)


def test_every_shard_continues_where_its_record_ends() -> None:
    known = (
        TaskRecord(0, 1, task_id(0), 0, 12, "succeeded"),
        TaskRecord(1, 2, task_id(1), 1, 12, "failed"),
        TaskRecord(2, 1, task_id(2)),
        TaskRecord(3, 4),
    )
    stage = OneStep(step=replace(STEP, shards=5), known=known)
    assert stage.attempts.resumed() == [
        Shard(0, 1, task=arn(0), adopted=True, outcome=Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0)),
        Shard(1, 2, adopted=True),
        Shard(2, 1, task=arn(2), adopted=True),
        Shard(3, 4),
        Shard(4),
    ]
    intended = [stage.attempts.intended(shard) for shard in stage.attempts.resumed()]
    assert intended == [False, False, False, True, False]


TIMES: list[tuple[dict[str, Any], int]] = [
    ({"createdAt": at(-40), "executionStoppedAt": at(2), "stoppedAt": at(9)}, 42),
    ({"createdAt": at(-40), "stoppedAt": at(9)}, 49),
    ({"createdAt": at(-40)}, 70),
    ({"executionStoppedAt": at(25)}, 5),
    ({}, 10),
]


@pytest.mark.parametrize(("seen", "seconds"), TIMES)
def test_an_end_is_recorded_with_its_duration_by_the_times_of_ecs(seen: dict[str, Any], seconds: int) -> None:
    stage = OneStep()
    shard = Shard(0, 2, task=arn(7), seen=seen, asked_at=stage.clock.now() + 20)
    stage.clock.wait(30)
    stage.attempts.put(shard, FAILED)
    assert stage.recorded == (TaskRecord(0, 2, task_id(7), 3, seconds, "failed"),)
    assert stage.attempts.record.tasks == stage.recorded


def test_a_start_is_recorded_without_an_end() -> None:
    stage = OneStep()
    stage.clock.wait(30)
    stage.attempts.put(Shard(0, 1))
    assert stage.recorded == (TaskRecord(0, 1),)
    stage.attempts.put(Shard(0, 1, task=arn(7), seen={"createdAt": at(5)}))
    assert stage.recorded == (TaskRecord(0, 1, task_id(7)),)


def test_a_task_began_when_ecs_says_so_else_when_it_was_requested() -> None:
    stage = OneStep()
    begun = stage.clock.now()
    assert stage.attempts.started_at(Shard(0, seen={"createdAt": at(5)}, asked_at=begun + 9)) == begun + 5
    assert stage.attempts.started_at(Shard(0, asked_at=begun + 9)) == begun + 9
    assert stage.attempts.started_at(Shard(0)) == begun


def test_the_token_names_the_stack_the_run_the_step_the_shard_and_the_attempt() -> None:
    assert OneStep().attempts.token(Shard(4, 2)) == token("/sluice/notes/prod/runs/3/n", "master", 4, 2)
