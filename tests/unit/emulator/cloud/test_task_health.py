"""When a service's task counts as healthy, and why it has to be replaced."""

from __future__ import annotations

import pytest

from emulator.cloud.ecs.service.health import Checked, failed_checks, healthy
from emulator.cloud.elb.health import State

ELB = "Task failed ELB health checks in (target-group g0)"
CONTAINER = "Task failed container health checks"
GRACE = 10.0


@pytest.mark.parametrize(
    ("running", "seconds", "states", "container", "counts", "replaced"),
    [
        pytest.param(True, 1, [State.HEALTHY], None, True, "", id="load balancer only: the target"),
        pytest.param(True, 99, [State.INITIAL], None, False, "", id="a target that was never checked"),
        pytest.param(True, 99, [None], None, False, "", id="not registered yet"),
        pytest.param(True, 99, [State.UNHEALTHY, State.HEALTHY], None, False, ELB, id="one of two groups fails"),
        pytest.param(True, 10, [State.UNHEALTHY], None, False, "", id="grace hides a failed target"),
        pytest.param(True, 10.1, [State.UNHEALTHY], None, False, ELB, id="after the grace period"),
        pytest.param(True, 1, [State.HEALTHY], "HEALTHY", True, "", id="both: both are healthy"),
        pytest.param(True, 99, [State.HEALTHY], "UNKNOWN", False, "", id="both: the container is not known"),
        pytest.param(True, 99, [State.INITIAL], "HEALTHY", False, "", id="both: the target is not known"),
        pytest.param(True, 99, [State.HEALTHY], "UNHEALTHY", False, CONTAINER, id="both: the container fails"),
        pytest.param(True, 9, [State.HEALTHY], "UNHEALTHY", False, "", id="grace hides a failed container too"),
        pytest.param(True, 1, [], "HEALTHY", True, "", id="container only: its check"),
        pytest.param(True, 99, [], "UNKNOWN", False, "", id="container only: 40 s do not replace the check"),
        pytest.param(True, 99, [], "UNHEALTHY", False, CONTAINER, id="container only: it fails"),
        pytest.param(True, 39.9, [], None, False, "", id="neither: not yet 40 s"),
        pytest.param(True, 40, [], None, True, "", id="neither: 40 s"),
        pytest.param(False, 99, [State.HEALTHY], "HEALTHY", False, "", id="not running"),
    ],
)
def test_a_tasks_health(
    running: bool, seconds: float, states: list[State | None], container: str | None, counts: bool, replaced: str
) -> None:
    task = Checked(running, seconds, tuple((f"g{n}", state) for n, state in enumerate(states)), container)
    assert healthy(task) is counts
    assert failed_checks(task, GRACE) == replaced
