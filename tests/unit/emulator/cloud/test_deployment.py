"""The service scheduler's decisions, as tables."""

from __future__ import annotations

import pytest

from emulator.cloud.ecs.service.deployment import (
    ALARM,
    Bake,
    Complete,
    Deployment,
    Fail,
    Launch,
    Service,
    Stop,
    Task,
    decide,
    stuck,
    threshold,
)

NEW = Deployment("new", True, "IN_PROGRESS")
OLD = Deployment("old", False, "COMPLETED")
BY_NEW = "Scaling activity initiated by (deployment new)"
FAILED_CHECKS = "Task failed ELB health checks in (target-group g)"


def task(name: str, state: str = "healthy", created: float = 0) -> Task:
    """`o1` belongs to the deployment old, `n1` to new."""
    deployment = {"o": "old", "n": "new"}[name[0]]
    return Task(
        name,
        deployment,
        created or float(name[1:]),
        running=state in ("healthy", "initial", "failing"),
        stopping=state == "stopping",
        healthy=state == "healthy",
        failed_checks=FAILED_CHECKS if state == "failing" else "",
    )


def service(
    desired: int, tasks: list[Task], deployments: tuple[Deployment, ...] = (NEW, OLD), **more: object
) -> Service:
    settings = {"minimum_percent": 100, "maximum_percent": 200, "breaker": True, "rollback": True, "threshold": 3}
    return Service(desired=desired, deployments=deployments, tasks=tuple(tasks), **{**settings, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "actions"),
    [
        pytest.param(service(2, [], (NEW,)), [Launch("new", 2)], id="first deployment launches all"),
        pytest.param(service(2, [task("n1", "initial")], (NEW,)), [Launch("new", 1)], id="one is missing"),
        pytest.param(service(2, [task("n1"), task("n2", "initial")], (NEW,)), [], id="waits for the target's health"),
        pytest.param(service(2, [task("n1"), task("n2")], (NEW,)), [Complete("new")], id="all healthy completes"),
        pytest.param(service(2, [task("o1"), task("o2")]), [Launch("new", 2)], id="start first"),
        pytest.param(
            service(2, [task("o1"), task("o2"), task("n3", "initial"), task("n4", "starting")]),
            [],
            id="old ones stay while new ones are not healthy",
        ),
        pytest.param(
            service(2, [task("o1"), task("o2"), task("n3"), task("n4", "initial")]),
            [Stop("o1", BY_NEW)],
            id="one healthy new one frees the oldest old one",
        ),
        pytest.param(
            service(2, [task("o1"), task("o2"), task("n3"), task("n4")]),
            [Stop("o1", BY_NEW), Stop("o2", BY_NEW)],
            id="all healthy new ones free all old ones",
        ),
        pytest.param(
            service(2, [task("o1", "stopping"), task("o2", "stopping"), task("n3"), task("n4")]),
            [Complete("new")],
            id="old ones on their way out do not hold completion back",
        ),
        pytest.param(
            service(1, [task("o1")], maximum_percent=100, minimum_percent=0),
            [Stop("o1", BY_NEW), Launch("new", 1)],
            id="stop first when the percentages ask for it",
        ),
        pytest.param(
            service(1, [task("o1")], maximum_percent=100, minimum_percent=100), [], id="100/100 makes no progress"
        ),
        pytest.param(
            service(4, [task(f"o{n}") for n in range(4)], maximum_percent=150), [Launch("new", 2)], id="150 %"
        ),
        pytest.param(
            service(3, [task(f"o{n}") for n in range(3)], maximum_percent=150), [Launch("new", 1)], id="rounds down"
        ),
        pytest.param(
            service(3, [task(f"o{n}") for n in range(3)], maximum_percent=100, minimum_percent=50),
            [Stop("o0", BY_NEW), Launch("new", 1)],
            id="the minimum rounds up",
        ),
        pytest.param(
            service(2, [task("n1"), task("n2"), task("n3", "starting")], (NEW,)),
            [Stop("n3", BY_NEW)],
            id="scale-in takes what is not up yet",
        ),
        pytest.param(
            service(1, [task("n1"), task("n2")], (NEW,)), [Stop("n2", BY_NEW)], id="scale-in takes the youngest"
        ),
        pytest.param(
            service(0, [task("n1"), task("o1")]), [Stop("n1", BY_NEW), Stop("o1", BY_NEW)], id="zero stops everything"
        ),
        pytest.param(service(0, [], (NEW,)), [Complete("new")], id="zero is complete when nothing runs"),
        pytest.param(
            service(1, [task("o1"), task("n2", "failing")]),
            [Stop("n2", FAILED_CHECKS, failed=True), Launch("new", 1)],
            id="failed checks are replaced and counted",
        ),
        pytest.param(
            service(1, [task("o1"), task("n2", "failing")], launch_allowed=False),
            [Stop("n2", FAILED_CHECKS, failed=True)],
            id="throttled starts wait",
        ),
        pytest.param(
            service(2, [task("o1", "failing"), task("o2", "failing"), task("n3", "initial"), task("n4", "starting")]),
            [],
            id="unhealthy old ones serve by fail-open until a new one is healthy",
        ),
        pytest.param(
            service(1, [task("o1")], (Deployment("new", True, "IN_PROGRESS", 3), OLD)),
            [Fail("new", "old")],
            id="the breaker rolls back to the newest completed",
        ),
        pytest.param(
            service(1, [task("o1")], (Deployment("new", True, "IN_PROGRESS", 3), OLD), rollback=False),
            [Fail("new", None)],
            id="the breaker without rollback",
        ),
        pytest.param(
            service(1, [], (Deployment("new", True, "IN_PROGRESS", 3),)),
            [Fail("new", None)],
            id="a first deployment has nothing to return to",
        ),
        pytest.param(
            service(1, [task("o1")], (Deployment("new", True, "IN_PROGRESS", 9), OLD), breaker=False),
            [Launch("new", 1)],
            id="without a breaker it tries for ever",
        ),
        pytest.param(
            service(1, [task("o1")], (Deployment("new", True, "FAILED", 3), OLD)),
            [],
            id="failed without rollback: nothing is launched, the old one serves on",
        ),
        pytest.param(
            service(2, [task("n1"), task("n2", "stopping")], (Deployment("new", True, "COMPLETED"),)),
            [Launch("new", 1)],
            id="a completed deployment keeps its count",
        ),
        pytest.param(service(1, [task("n1")], (Deployment("new", True, "COMPLETED"),)), [], id="steady"),
        pytest.param(
            service(
                1,
                [task("o1")],
                (Deployment("new", True, "IN_PROGRESS", 3), Deployment("old", False, "COMPLETED", 0, True)),
            ),
            [Fail("new", None)],
            id="while a rollback to it is under way there is nothing to return to",
        ),
        pytest.param(
            service(1, [task("o1")], alarms=("a",), alarm_rollback=True), [Fail("new", "old", ALARM)], id="an alarm"
        ),
        pytest.param(
            service(1, [task("o1")], alarms=("a",)), [Fail("new", None, ALARM)], id="an alarm without rollback"
        ),
        pytest.param(
            service(1, [task("n1")], (Deployment("new", True, "COMPLETED"), OLD), alarms=("a",), alarm_rollback=True),
            [],
            id="an alarm after completion is too late",
        ),
        pytest.param(service(1, [task("n1")], bake=None), [Bake("new")], id="the bake time begins"),
        pytest.param(service(1, [task("n1")], bake=3.0), [], id="it passes"),
        pytest.param(service(1, [task("n1")], bake=0.0), [Complete("new")], id="it is over"),
        pytest.param(
            service(1, [task("n1")], bake=3.0, alarms=("a",), alarm_rollback=True),
            [Fail("new", "old", ALARM)],
            id="an alarm while it bakes",
        ),
        pytest.param(
            service(1, [task("n1"), task("o1")], bake=None), [Stop("o1", BY_NEW)], id="old ones go before it bakes"
        ),
    ],
)
def test_decisions(wanted: Service, actions: list[object]) -> None:
    assert decide(wanted) == actions


@pytest.mark.parametrize(
    ("wanted", "is_stuck"),
    [
        pytest.param(service(1, [task("o1")], maximum_percent=100), True, id="100/100"),
        pytest.param(service(2, [task("o1"), task("o2")], maximum_percent=140), True, id="140 % of 2 rounds down to 2"),
        pytest.param(service(1, [task("o1")]), False, id="start first"),
        pytest.param(service(1, [task("o1")], maximum_percent=100, minimum_percent=0), False, id="stop first"),
        pytest.param(service(1, [task("o1", "initial")], maximum_percent=100), False, id="the old one is not up yet"),
        pytest.param(service(1, [task("o1", "stopping")], maximum_percent=100), False, id="one is leaving"),
        pytest.param(service(1, [task("o1")], maximum_percent=100, launch_allowed=False), False, id="throttled"),
        pytest.param(service(1, [task("n1")]), False, id="done"),
    ],
)
def test_when_the_percentages_allow_nothing(wanted: Service, is_stuck: bool) -> None:
    assert stuck(wanted) is is_stuck


@pytest.mark.parametrize(("desired", "failures"), [(0, 3), (1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (800, 200)])
def test_the_documented_thresholds(desired: int, failures: int) -> None:
    assert threshold(desired) == failures


@pytest.mark.parametrize(
    ("kind", "value", "failures"), [("COUNT", 1, 1), ("UNBOUNDED_PERCENT", 10, 1), ("UNBOUNDED_PERCENT", 50, 5)]
)
def test_configured_thresholds(kind: str, value: float, failures: int) -> None:
    assert threshold(10, kind, value) == failures
