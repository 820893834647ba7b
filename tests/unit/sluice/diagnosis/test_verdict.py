"""What may never happen, over all codes: a failure or an interruption taken for success, an end without a remedy."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from sluice.diagnosis.verdict import Kind, Outcome, essential, forgotten, not_run, refused, retryable, verdict
from tests.unit.sluice.diagnosis.outcomes import CASES, EXITED, FAILED_TO_START, exited, stopped

STOPS = (
    *("", EXITED, FAILED_TO_START, "UserInitiated", "ServiceSchedulerInitiated", "SpotInterruption"),
    *("TerminationNotice", "InfrastructureHealth", "SomethingNew"),
)
BOTH = frozenset({"app", "agent"})


def told(outcome: Outcome) -> bool:
    return bool(outcome.title and outcome.cause and outcome.remedy)


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("main", ["", "app"])
def test_one_container_succeeds_with_0_by_its_own_end_only(stop: str, main: str) -> None:
    for code in (None, *range(256)):
        outcome = verdict(stopped(stop, "why", app=code), frozenset({"app"}), main)
        assert outcome.succeeded == (code == 0 and stop in ("", EXITED)), (code, outcome)
        assert outcome.succeeded or told(outcome), (code, outcome)
        assert outcome.exit_code == code
        assert (outcome.kind is Kind.NOT_STARTED) == (code is None and stop == FAILED_TO_START), (code, outcome)


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("main", ["", "app"])
def test_every_essential_container_has_to_end_with_0(stop: str, main: str) -> None:
    codes = (None, 0, 1, 137, 143, 255)
    for app, agent in itertools.product(codes, codes):
        outcome = verdict(stopped(stop, "why", agent=agent, app=app), BOTH, main)
        assert outcome.succeeded == (app == agent == 0 and stop in ("", EXITED)), (app, agent, outcome)
        assert outcome.succeeded or told(outcome), (app, agent, outcome)
        assert not retryable(outcome) or (app is None and agent is None), "something ran"


@pytest.mark.parametrize("status", ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING"])
def test_nothing_is_judged_before_it_has_stopped(status: str) -> None:
    described: dict[str, Any] = {**exited(0), "lastStatus": status}
    assert verdict(described, frozenset({"app"})).kind is Kind.RUNNING


def test_a_container_nobody_knows_is_not_judged() -> None:
    """GuardDuty adds its agent to tasks."""
    assert verdict(stopped(EXITED, "", app=0, **{"aws-guardduty-agent": 137}), frozenset({"app"}), "app").succeeded


@pytest.mark.parametrize("agent", [0, 1, 137])
def test_an_injected_agent_that_ran_hides_no_failed_start(agent: int) -> None:
    described = stopped(FAILED_TO_START, "CannotPullContainerError: x", app=None, **{"aws-guardduty-agent": agent})
    outcome = verdict(described, frozenset({"app"}), "app")
    assert outcome.kind is Kind.NOT_STARTED
    assert retryable(outcome)


def test_a_task_that_is_deleted_is_judged_too() -> None:
    assert verdict({**exited(0), "lastStatus": "DELETED"}, frozenset({"app"})).succeeded


def test_containers_are_essential_unless_said_otherwise() -> None:
    assert essential([{"name": "a"}, {"name": "b", "essential": False}, {"name": "c", "essential": True}]) == {"a", "c"}


def test_a_reason_of_the_side_car_s_memory_is_named_after_it() -> None:
    described = stopped(EXITED, "", app=143, agent=(137, "OutOfMemoryError: Container killed due to memory usage"))
    outcome = verdict(described, BOTH, "app")
    assert "container agent ended with exit code 137 (OutOfMemoryError" in outcome.title
    assert "memory" in outcome.remedy


@pytest.mark.parametrize("message", ["Rate exceeded", "Cluster not found.", "TaskDefinition is inactive", ""])
def test_exceptions_about_the_call_are_no_outcome(message: str) -> None:
    assert refused(message) is None


def test_a_failure_s_detail_is_shown() -> None:
    assert "(no room)" in not_run([{"reason": "RESOURCE:FARGATE", "detail": "no room"}]).title


def test_a_forgotten_task_is_neither_success_nor_retried() -> None:
    outcome = forgotten("arn:x/abc")
    assert not outcome.succeeded
    assert not retryable(outcome)


def test_the_table_has_every_kind_and_no_name_twice() -> None:
    assert {case.kind for case in CASES} == set(Kind)
    assert len({case.name for case in CASES}) == len(CASES)
