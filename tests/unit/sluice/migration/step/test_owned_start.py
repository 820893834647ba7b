"""A start is the owner's alone, and a refusal counts only when ECS lists no task either."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.aws.patience import Patience, Unknown
from sluice.aws.tasks import EcsTasks
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.errors import Superseded
from sluice.migration.records.ownership import Ownership
from sluice.migration.records.record import RunRecord
from sluice.migration.step.owned_start import OwnedStart
from tests.unit.sluice.migration.simulation import CLUSTER, Script, client_error
from tests.unit.sluice.migration.step.one_step import PLACE, RIVAL, RUN, OneStep, arn

REFUSED = Script(refused=[{"reason": "something new"}])
STOP = {"cluster": CLUSTER, "task": arn(0), "reason": "Sluice: its run was taken over"}


class Start(OneStep):
    """One call of OwnedStart; *seconds* and *rival* are how long RunTask takes, and who owns the run after it."""

    def call(self, seconds: float = 0, rival: RunRecord | None = None) -> str | Outcome:
        run_task = self.ecs.run_task

        def slow(**request: Any) -> dict[str, Any]:
            answer = run_task(**request)
            self.clock.time += seconds
            if rival is not None:
                self.records.save(rival)
            return answer

        self.ecs.run_task = slow  # type: ignore[method-assign]
        patience = Patience(self.clock, "starting the task")
        owner = Ownership(self.records, self.clock, RUN)  # type: ignore[arg-type]
        starter = OwnedStart(EcsTasks(self.ecs, CLUSTER), owner, RUN, patience, self.clock, self.said.append)
        return starter.start(PLACE, ("migrate",), {}, "token")


def test_a_refusal_counts_when_ecs_lists_no_task() -> None:
    stage = Start(REFUSED)
    outcome = stage.call()
    assert isinstance(outcome, Outcome)
    assert (outcome.kind, outcome.title) == (Kind.NOT_STARTED, "ECS started no task: something new")
    assert stage.requests("list_tasks")[0] == {"cluster": CLUSTER, "startedBy": "token"}
    assert stage.said == []


def test_a_refusal_of_a_task_that_was_started_is_not_believed() -> None:
    stage = Start(Script(hangs=True))
    run_task = stage.ecs.run_task

    def refuses(**request: Any) -> dict[str, Any]:
        run_task(**request)
        return {"tasks": [], "failures": [{"reason": "something new"}]}

    stage.ecs.run_task = refuses  # type: ignore[method-assign]
    assert stage.call() == arn(0)


def test_without_the_permission_to_list_a_refusal_counts_with_a_warning() -> None:
    stage = Start(REFUSED)
    denied = client_error("AccessDeniedException", "ListTasks")
    stage.ecs.trouble = lambda call: denied if call == "list_tasks" else None
    assert isinstance(stage.call(), Outcome)
    assert stage.said == [f"warning: cannot check whether a task was started nevertheless: {denied}"]


def test_a_throttled_list_is_asked_again() -> None:
    stage = Start(REFUSED, REFUSED)
    troubles = iter([client_error("ThrottlingException", "ListTasks")])
    stage.ecs.trouble = lambda call: next(troubles, None) if call == "list_tasks" else None
    assert isinstance(stage.call(), Outcome)
    assert stage.said == []
    assert stage.ecs.calls.count("run_task") == 2


def test_with_expired_credentials_a_refusal_is_unknown() -> None:
    stage = Start(REFUSED)
    stage.ecs.trouble = lambda call: client_error("ExpiredTokenException", call) if call == "list_tasks" else None
    with pytest.raises(Unknown, match="the AWS credentials expired while starting the task"):
        stage.call()
    assert stage.said == []


def test_a_slow_call_of_the_owner_counts() -> None:
    stage = Start(Script())
    assert stage.call(seconds=60) == arn(0)
    assert stage.requests("stop_task") == []


@pytest.mark.parametrize("seconds", [0, 10])
def test_after_a_quick_call_the_ownership_is_left_to_the_next_check(seconds: float) -> None:
    stage = Start(Script())
    assert stage.call(seconds, RIVAL) == arn(0)
    assert stage.requests("stop_task") == []


TAKEN: list[tuple[str, RunRecord, bool]] = [
    ("closed", replace(RIVAL, state="closed"), True),
    ("being closed", replace(RIVAL, idle=True), True),
    ("another run", replace(RIVAL, nonce="m"), True),
    ("adopted", RIVAL, False),
]


@pytest.mark.parametrize(("rival", "stopped"), [one[1:] for one in TAKEN], ids=[one[0] for one in TAKEN])
def test_a_task_of_a_slow_call_is_stopped_unless_another_deployer_adopted_it(rival: RunRecord, stopped: bool) -> None:
    stage = Start(Script(hangs=True))
    with pytest.raises(Superseded, match=r"run 3, started by ann@host, was taken over: bob@host"):
        stage.call(10.1, rival)
    assert stage.requests("stop_task") == ([STOP] if stopped else [])


def test_after_a_slow_refusal_there_is_nothing_to_stop() -> None:
    stage = Start(REFUSED)
    with pytest.raises(Superseded):
        stage.call(60, replace(RIVAL, state="closed"))
    assert stage.requests("stop_task") == []


def test_nothing_is_started_in_another_deployers_run() -> None:
    stage = Start(Script())
    stage.records.save(RIVAL)
    with pytest.raises(Superseded):
        stage.call()
    assert stage.requests("run_task") == []
