"""The price of watching: calls and delay of the gate on simulated time, beside waiters with a fixed interval."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.simulated import ECS_DEPLOY_SECONDS, WAITER_ATTEMPTS, WAITER_SECONDS, Watched, adaptive, fixed, worst_delay
from sluice.aws.tasks import Place
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.records.deployer import Deployer
from sluice.migration.run import migrate
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, Clock, Ecs, Records, Script

OURS, THE_SCRIPTS = 12, 3
"""Calls that are made once, whatever the migration takes, as docs/bench.md lists them: RunTask, identity, task
definition and run records here; RunTask, the exit code and the log in the script around the waiter."""
PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), ("sg-1",), False)


def watched(duration: float) -> tuple[Counter[str], float]:
    """The gate itself: its calls to ECS and CloudWatch Logs, and how long after the task's end it was done."""
    clock = Clock()
    ecs = Ecs(clock, [Script(runs=duration, lines=["begins", "ends"])])
    to = Deployer(ecs, ecs, Records(), clock, lambda text, ephemeral: None, "ann@host")  # type: ignore[arg-type]
    step = Step("master", ("migrate",), timeout=10_000)
    migrate(to, MigrationSubject("repo@sha256:a", (step,), {}, {}, "db-1"), "before", PLACE)
    return Counter(ecs.calls), clock.elapsed - duration


def looks(calls: Counter[str]) -> int:
    return calls["describe_tasks"] + calls["get_log_events"]


@pytest.mark.parametrize("duration", [2 + tenth / 10 for tenth in range(11)])
def test_a_task_of_two_seconds_is_reported_within_half_a_second(duration: float) -> None:
    calls, delay = watched(duration)
    assert 0 <= delay <= 0.5
    assert looks(calls) <= 16


@pytest.mark.parametrize(
    ("duration", "most_calls", "longest_delay"),
    [(10, 35, 2), (600, 100, 21), (7200, 620, 21)],
    ids=["10 s", "10 min", "2 h"],
)
def test_a_longer_one_is_looked_at_less_often(duration: float, most_calls: int, longest_delay: float) -> None:
    for end in (duration, duration * 1.01, duration * 1.05):
        calls, delay = watched(end)
        assert looks(calls) <= most_calls * 1.05
        assert 0 <= delay <= longest_delay


def test_ten_minutes_cost_no_more_calls_than_the_waiter_makes() -> None:
    calls, _ = watched(590)  # the waiter gives up at 594 s
    waiter = fixed(590, WAITER_SECONDS, WAITER_ATTEMPTS)
    assert waiter.delay is not None
    assert looks(calls) <= waiter.calls
    gives_up = fixed(600, WAITER_SECONDS, WAITER_ATTEMPTS)
    assert gives_up.delay is None
    assert looks(watched(600)[0]) <= gives_up.calls
    assert looks(watched(600)[0]) + OURS <= gives_up.calls + THE_SCRIPTS
    assert looks(watched(600)[0]) < fixed(600, ECS_DEPLOY_SECONDS).calls / 5


def test_two_hours_cost_at_most_half_of_the_waiter_begun_again() -> None:
    again = fixed(7200, WAITER_SECONDS, WAITER_ATTEMPTS, again=True)
    assert looks(watched(7200)[0]) <= again.calls / 2


@pytest.mark.parametrize("duration", [2, 10, 600, 7200])
def test_the_report_counts_what_the_gate_does(duration: float) -> None:
    """docs/bench.md counts by arithmetic; the gate's own loop must agree, but for the last page of the log."""
    calls, delay = watched(duration)
    paper = adaptive(duration)
    assert abs(paper.describes - calls["describe_tasks"]) <= max(1, 0.05 * paper.describes)
    assert abs(paper.logs - calls["get_log_events"]) <= max(2, 0.05 * paper.logs)
    assert delay <= worst_delay(duration) + 1


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (0, Watched(2, 1, 0)),
        (6, Watched(3, 1, 0)),
        (7, Watched(4, 1, 5)),
        (594, Watched(101, 1, 0)),
        (595, Watched(100, 0, None)),
    ],
)
def test_a_fixed_interval(duration: float, expected: Watched) -> None:
    assert fixed(duration, WAITER_SECONDS, WAITER_ATTEMPTS) == expected
