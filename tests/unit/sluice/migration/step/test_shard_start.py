"""A shard's start: the request, what is on record and on the screen, and which starts are tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.aws.observation import Confirmation
from sluice.aws.tasks import token
from sluice.clock import Halt
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.migration.records.record import TaskRecord
from sluice.migration.step.shard import Shard
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, Script, client_error
from tests.unit.sluice.migration.step.one_step import STEP, TWO, OneStep, arn, task_id

IDENTITY = "/sluice/notes/prod/runs/3/n"
UNKNOWN = Outcome(Kind.NOT_STARTED, "no task")
PASSING = Outcome(Kind.NOT_STARTED, "no capacity", passing=True)
LASTING = Outcome(Kind.NOT_STARTED, "no image", lasting=True)
SHARDED = [{"name": "A", "value": "1"}, {"name": "SHARD_COUNT", "value": "2"}, {"name": "SHARD_INDEX", "value": "1"}]


@pytest.mark.parametrize(
    ("shards", "index", "environment", "label"),
    [(1, 0, [{"name": "A", "value": "1"}], "master"), (2, 1, SHARDED, "master[1]")],
)
def test_a_start_is_one_request(shards: int, index: int, environment: list[dict[str, str]], label: str) -> None:
    stage = OneStep(Script(), step=replace(STEP, shards=shards, environment={"A": "1"}))
    shard = Shard(index)
    stage.starts.start(shard)
    attempt = token(IDENTITY, "master", index, 1)
    assert stage.requests("run_task") == [
        {
            "cluster": CLUSTER,
            "taskDefinition": DEFINITION,
            "count": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": ["subnet-1"],
                    "securityGroups": ["sg-1"],
                    "assignPublicIp": "DISABLED",
                }
            },
            "overrides": {
                "containerOverrides": [{"name": "app", "command": ["migrate", "master"], "environment": environment}]
            },
            "startedBy": attempt,
            "clientToken": attempt,
            "propagateTags": "TASK_DEFINITION",
        }
    ]
    assert stage.said == [f"{label}: task {task_id(0)} started: migrate master"]


def test_a_started_shard_forgets_the_attempt_before() -> None:
    stage = OneStep(Script())
    stage.clock.wait(7)
    shard = Shard(0, 1, 1, seen={"lastStatus": "STOPPED"}, shown=9, doubt=Confirmation("its end", 5, 2))
    stage.starts.start(shard)
    now = stage.clock.now()
    assert shard == Shard(0, 2, 2, task=arn(0), asked_at=now, changed_at=now)
    assert stage.recorded == (TaskRecord(0, 2, task_id(0)),)


def test_nothing_is_started_after_ctrl_c_and_the_intent_is_on_record() -> None:
    stage = OneStep(Script(), halts={0: Halt.STOP})
    shard = Shard(0)
    stage.starts.start(shard)
    assert (stage.asked, stage.said) == ([], [])
    assert stage.recorded == (TaskRecord(0, 1),)
    assert shard == Shard(0, 1, 1)


def test_a_refusal_of_ecs_is_tried_again_after_a_pause() -> None:
    stage = OneStep(Script(refused=[{"reason": "something new"}]))
    shard = Shard(0)
    stage.starts.start(shard)
    assert stage.said == ["master: ECS started no task: something new; retry in 2 s (1 of 3)"]
    assert shard == Shard(0, 1, 1, not_before=stage.clock.now() + 1.5)
    assert stage.recorded == (TaskRecord(0, 1, "", None, 0, "not started"),)


def test_a_refusal_that_cannot_be_checked_is_a_warning_of_the_step() -> None:
    stage = OneStep(Script(refused=[{"reason": "something new"}]))
    denied = client_error("AccessDeniedException", "ListTasks")
    stage.ecs.trouble = lambda call: denied if call == "list_tasks" else None
    stage.starts.start(Shard(0))
    assert stage.said[0] == f"master: warning: cannot check whether a task was started nevertheless: {denied}"


RETRIES: list[tuple[Outcome, int, int, str]] = [
    (UNKNOWN, 1, 1, ""),
    (UNKNOWN, 2, 1, "retry in 2 s (1 of 2)"),
    (UNKNOWN, 3, 2, "retry in 3 s (2 of 3)"),
    (UNKNOWN, 3, 3, ""),
    (UNKNOWN, 9, 6, "retry in 30 s (6 of 9)"),
    (LASTING, 3, 1, ""),
    (PASSING, 1, 1, ""),
    (PASSING, 3, 1, "retry in 2 s (for up to 5 min 00 s more)"),
    (PASSING, 3, 9, "retry in 30 s (for up to 5 min 00 s more)"),
]


@pytest.mark.parametrize(("outcome", "attempts", "starts", "said"), RETRIES)
def test_a_start_is_tried_again_where_that_can_help(outcome: Outcome, attempts: int, starts: int, said: str) -> None:
    stage = OneStep(step=replace(TWO, attempts=attempts))
    shard = Shard(1, starts=starts, task=arn(0))
    stage.starts.not_started(shard, outcome)
    assert stage.said == ([f"master[1]: {outcome.title}; {said}"] if said else [])
    assert shard.outcome == (None if said else outcome)
    assert (shard.task, shard.not_before > stage.clock.now()) == (("", True) if said else (arn(0), False))
    assert stage.recorded == (TaskRecord(1, 0, task_id(0), None, 0, "not started"),)


@pytest.mark.parametrize(
    ("waited", "said"), [(100, "3 min 20 s"), (299, "1 s"), (300, "")], ids=["100 s", "299 s", "300 s"]
)
def test_a_failure_that_passes_is_waited_out_for_five_minutes_since_the_first_one(waited: float, said: str) -> None:
    stage = OneStep()
    shard = Shard(0, starts=9)
    stage.starts.not_started(shard, PASSING)
    stage.said.clear()
    stage.clock.wait(waited)
    stage.starts.not_started(shard, PASSING)
    assert stage.said == ([f"master: no capacity; retry in 30 s (for up to {said} more)"] if said else [])
    assert shard.outcome == (None if said else PASSING)


def test_a_task_that_another_deployer_started_is_found_by_its_token() -> None:
    """Five shards: adopted, over, intended and started, intended in vain, not begun."""
    known = (
        TaskRecord(0, 1, task_id(9)),
        TaskRecord(1, 1, task_id(8), 0, 5, "succeeded"),
        TaskRecord(2, 3),
        TaskRecord(3, 3),
    )
    stage = OneStep(Script(hangs=True), step=replace(STEP, shards=5), known=known)
    shards = stage.attempts.resumed()
    before = OneStep(step=stage.step)
    before.ecs.scripts.append(Script(hangs=True))
    before.starts.start(Shard(2, attempt=2))
    stage.ecs.tasks.extend(before.ecs.tasks)
    stage.starts.find_intended(shards)
    states = [(shard.task, shard.attempt, shard.adopted) for shard in shards]
    assert states == [(arn(9), 1, True), (arn(8), 1, True), (arn(0), 3, True), ("", 2, False), ("", 0, False)]
    assert stage.said == [f"master: continuing with the task of an earlier deployer: {task_id(9)}, {task_id(0)}"]
    assert stage.recorded == (*known[:2], TaskRecord(2, 3, task_id(0)), known[3])
    assert stage.requests("list_tasks") == [
        {"cluster": CLUSTER, "startedBy": token(IDENTITY, "master", 2, 3)},
        {"cluster": CLUSTER, "startedBy": token(IDENTITY, "master", 3, 3)},
        {"cluster": CLUSTER, "family": "notes-migration", "desiredStatus": "RUNNING"},
        {"cluster": CLUSTER, "family": "notes-migration", "desiredStatus": "STOPPED"},
    ]


def test_without_an_intended_task_nothing_is_said() -> None:
    stage = OneStep(known=(TaskRecord(0, 1),))
    stage.starts.find_intended(stage.attempts.resumed())
    assert stage.said == []


@pytest.mark.parametrize(
    ("starts", "tried"),
    [(0, ""), (1, "; 1 start had failed"), (2, "; 2 starts had failed")],
)
def test_a_shard_that_is_too_late_says_what_used_the_time(starts: int, tried: str) -> None:
    stage = OneStep(step=TWO)
    shard = Shard(1, starts=starts)
    stage.starts.too_late(shard)
    title = f"the deadline of all steps together had passed: not started{tried}"
    assert shard.outcome == Outcome(
        Kind.NOT_STARTED,
        title,
        "the snapshot and the earlier steps used all of the time",
        "run `pulumi up`, which runs the steps again; raise migrationDeadline if they need more time",
    )
    assert stage.said == [f"master[1]: {title}"]
