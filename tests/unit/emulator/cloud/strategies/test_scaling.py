"""Which tasks of two revisions start and stop while traffic shifts."""

from __future__ import annotations

import pytest

from emulator.cloud.ecs.service.deployment import Launch, Stop, Task
from emulator.cloud.ecs.strategies.scaling import scale

BY_GREEN = "Scaling activity initiated by (deployment green)"
ILL = "Task failed ELB health checks in (target-group g)"


def task(name: str, state: str = "healthy") -> Task:
    """`b1` is blue's, `g1` green's, `x1` a third deployment's."""
    deployment = {"b": "blue", "g": "green", "x": "third"}[name[0]]
    running = state in ("healthy", "initial", "ill")
    return Task(
        name,
        deployment,
        float(name[1:]),
        running,
        state == "stopping",
        state == "healthy",
        ILL if state == "ill" else "",
    )


@pytest.mark.parametrize(
    ("tasks", "wanted", "actions"),
    [
        pytest.param([task("b1"), task("b2")], (2, 2), [Launch("green", 2)], id="green scales to all beside blue"),
        pytest.param([task("b1"), task("b2")], (2, 0), [], id="nothing before scale-up"),
        pytest.param([task("b1"), task("g1")], (0, 1), [Stop("b1", BY_GREEN)], id="clean up"),
        pytest.param([task("b1"), task("g1", "initial")], (1, 0), [Stop("g1", BY_GREEN)], id="rolled back"),
        pytest.param([task("b1"), task("x1")], (1, 0), [Stop("x1", BY_GREEN)], id="a third revision goes"),
        pytest.param([task("b1", "stopping")], (1, 0), [Launch("blue", 1)], id="a stopping one counts for nothing"),
        pytest.param([task("b1")], (3, 3), [Launch("blue", 2), Launch("green", 3)], id="a new count is both's"),
        pytest.param(
            [task("b1"), task("g1", "ill")],
            (1, 1),
            [Stop("g1", ILL, failed=True), Launch("green", 1)],
            id="green's failure counts",
        ),
        pytest.param(
            [task("b1", "ill"), task("b2")],
            (2, 0),
            [Stop("b1", ILL), Launch("blue", 1)],
            id="blue's ill one is replaced",
        ),
        pytest.param([task("b1", "ill")], (1, 0), [], id="the only one that serves stays, by fail-open"),
        pytest.param(
            [task("b1"), task("b2", "initial"), task("b3")], (2, 0), [Stop("b2", BY_GREEN)], id="the least healthy goes"
        ),
    ],
)
def test_scale(tasks: list[Task], wanted: tuple[int, int], actions: list[Launch | Stop]) -> None:
    assert scale(tasks, {"blue": wanted[0], "green": wanted[1]}, "green") == actions


def test_the_target_waits_after_failed_starts_and_blue_does_not() -> None:
    assert scale([], {"blue": 1, "green": 1}, "green", launch_allowed=False) == [Launch("blue", 1)]
