"""Container health checks: the documented counting and times, with a clock of the test's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from emulator.cloud.ecs.containers.container_health import Check, Health, observe, of, program, refusal, watch, worst


@pytest.mark.parametrize(
    ("retries", "start", "checks", "status"),
    [
        pytest.param(3, 0, [(1, True)], "HEALTHY", id="one success"),
        pytest.param(3, 0, [(1, False), (2, False)], "UNKNOWN", id="one failure short of retries"),
        pytest.param(3, 0, [(1, False), (2, False), (3, False)], "UNHEALTHY", id="retries in a row"),
        pytest.param(2, 0, [(1, False), (2, True), (3, False)], "HEALTHY", id="a success begins the count anew"),
        pytest.param(1, 10, [(5, False), (9.9, False)], "UNKNOWN", id="the start period hides failures"),
        pytest.param(1, 10, [(5, False), (10, False)], "UNHEALTHY", id="its end does not"),
        pytest.param(1, 10, [(1, True), (2, False)], "UNHEALTHY", id="after a success in it failures count"),
        pytest.param(1, 0, [(1, False), (2, True)], "HEALTHY", id="it recovers"),
        pytest.param(3, 0, [(n, False) for n in range(9)], "UNHEALTHY", id="and stays unhealthy"),
    ],
)
def test_the_count(retries: int, start: float, checks: list[tuple[float, bool]], status: str) -> None:
    health = Health()
    for age, passed in checks:
        health = observe(health, passed, Check(("CMD", "x"), retries=retries, start_period=start), age)
    assert health.status == status


@pytest.mark.parametrize("one", ["HEALTHY", "UNKNOWN", "UNHEALTHY"])
@pytest.mark.parametrize("other", ["HEALTHY", "UNKNOWN", "UNHEALTHY"])
def test_a_task_is_as_its_worst_essential_container(one: str, other: str) -> None:
    order = ["UNHEALTHY", "UNKNOWN", "HEALTHY"]
    assert worst([one, other]) == min(one, other, key=order.index)


def test_without_a_check_nothing_is_known() -> None:
    assert worst([]) == "UNKNOWN"
    assert of({"name": "app"}) is None
    assert of({"healthCheck": {"command": ["NONE"]}}) is None


def test_the_defaults_and_the_command() -> None:
    check = of({"healthCheck": {"command": ["CMD-SHELL", "curl -f localhost || exit 1"]}})
    assert check == Check(("CMD-SHELL", "curl -f localhost || exit 1"), 30, 5, 3, 0)
    assert program(check) == ["/bin/sh", "-c", "curl -f localhost || exit 1"]
    assert program(Check(("CMD", "python", "check.py"))) == ["python", "check.py"]


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"command": ["CMD", "true"]}, ""),
        ({"command": ["CMD", "true"], "interval": 5, "timeout": 60, "retries": 10, "startPeriod": 300}, ""),
        ({"command": ["true"]}, "must start with CMD"),
        ({"command": []}, "must start with CMD"),
        ({"command": ["CMD", "true"], "interval": 4}, "interval must be between 5 and 300"),
        ({"command": ["CMD", "true"], "timeout": 61}, "timeout must be between 2 and 60"),
        ({"command": ["CMD", "true"], "retries": 0}, "retries must be between 1 and 10"),
        ({"command": ["CMD", "true"], "startPeriod": 301}, "startPeriod must be between 0 and 300"),
    ],
)
def test_what_aws_refuses(given: dict[str, Any], refused: str) -> None:
    answer = refusal({"healthCheck": given})
    assert answer is None if not refused else refused in (answer or "")


def watched(
    check: Check, passes: Callable[[float], bool], seconds: float, lasting: float = 0.0
) -> list[tuple[Any, ...]]:
    """What is reported, and when, of a container whose check passes as the function of its age says."""
    now = [0.0]
    seen: list[tuple[Any, ...]] = []

    def wait(pause: float) -> bool:
        now[0] += pause
        return now[0] > seconds

    def ask() -> bool:
        now[0] += lasting
        return passes(now[0])

    watch(check, ask, lambda status: seen.append((status, round(now[0], 1))), lambda: now[0], wait)
    return seen


def test_a_container_that_is_ready_is_seen_at_once() -> None:
    check = Check(("CMD", "x"), interval=30, retries=5, start_period=90)
    assert watched(check, lambda age: age >= 4, 600) == [("HEALTHY", 4.0)]


@pytest.mark.parametrize(
    ("interval", "retries", "start", "at"), [(30, 3, 0, 90), (30, 5, 90, 210), (10, 2, 60, 70), (5, 1, 0, 5)]
)
def test_a_container_that_never_passes_fails_when_it_would_in_aws(
    interval: float, retries: int, start: float, at: float
) -> None:
    check = Check(("CMD", "x"), interval=interval, retries=retries, start_period=start)
    assert watched(check, lambda age: False, 600) == [("UNHEALTHY", at)]


def test_the_worst_case_holds_with_checks_that_time_out() -> None:
    """start period + retries × (interval + time-out)."""
    check = Check(("CMD", "x"), interval=30, timeout=10, retries=5, start_period=90)
    [(status, at)] = watched(check, lambda age: False, 900, lasting=check.timeout)
    assert status == "UNHEALTHY"
    assert 90 + 4 * 30 <= at <= 90 + 5 * (30 + 10)


def test_a_healthy_container_is_asked_once_an_interval() -> None:
    asked: list[float] = []

    def passes(age: float) -> bool:
        asked.append(age)
        return True

    watched(Check(("CMD", "x"), interval=30), passes, 200)
    assert {later - earlier for earlier, later in itertools.pairwise(asked)} == {30}


def test_a_failure_after_health_and_the_recovery() -> None:
    check = Check(("CMD", "x"), interval=10, retries=2)
    assert watched(check, lambda age: not 30 < age < 60, 100) == [
        ("HEALTHY", 0.5),
        ("UNHEALTHY", 40.5),
        ("HEALTHY", 60.5),
    ]
