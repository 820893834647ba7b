"""The soak of a deployer that may not list tasks: the service itself says enough, or the permission is named."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.errors import GateError
from sluice.inputs.soak import Soak
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.proof.compatibility import Incompatible
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout
from tests.unit.sluice.migration.simulation import Clock, client_error
from tests.unit.sluice.rollout.rolling import GROUP, NEW, SMOKE, Service, well

SOAK = Soak(10, "http://notes/health")
EARLIER = {"id": "1", "message": "(service notes) (task 1) failed container health checks."}
ILL = {
    "id": "2",
    "message": "(service notes) (port 8080) is unhealthy in (target-group arn:aws:elasticloadbalancing:eu-west-1:1:"
    "targetgroup/notes/1) due to (reason Health checks failed with these codes: [500]).",
}


class Denied(Service):
    """A service whose tasks may not be listed."""

    def __init__(self, clock: Clock, **ends: str) -> None:
        super().__init__(clock, {NEW: "COMPLETED", **ends})
        self.refuses = {"stopped_tasks"}
        self.events = [EARLIER]


def roll_out(service: Service, soak: Soak = SOAK, ask: Any = well, groups: tuple[str, ...] = (GROUP,)) -> list[str]:
    """What was said."""
    said: list[str] = []
    wanted = Wanted(NEW, "", 300, groups, SMOKE, soak=soak)
    Rollout(service, wanted, service.clock, lambda text, _: said.append(text), ask).run()  # type: ignore[arg-type]
    return said


def test_it_is_a_warning() -> None:
    service = Denied(Clock())
    said = roll_out(service)
    (warning,) = [line for line in said if line.startswith("warning")]
    assert warning.startswith("warning: the tasks of notes:7 cannot be listed (AccessDeniedException)")
    assert service.calls == [(NEW, False)]
    assert service.clock.elapsed >= 10, "and the soak takes its time"


def test_a_health_check_that_fails_meanwhile_is_read_from_the_service_s_events() -> None:
    """What was there before it began does not count."""
    service = Denied(Clock())

    def ask(url: str, timeout: float) -> Answer:
        if service.clock.elapsed >= 3:
            service.events = [ILL, EARLIER]
        return Answer(200, "ok")

    with pytest.raises(Incompatible, match=r"had to be replaced: \(port 8080\) is unhealthy in \(target-group notes\)"):
        roll_out(service, ask=ask)
    assert service.calls == []


def test_without_anything_to_watch_the_permission_is_named() -> None:
    service = Denied(Clock())
    with pytest.raises(GateError) as failure:
        roll_out(service, Soak(10, ""), groups=())
    text = str(failure.value)
    assert "notes:7, which serves, cannot be watched on the new schema" in text
    assert "  cause: AccessDeniedException\n" in text
    assert "  fix:   give the deployer ecs:ListTasks and ecs:DescribeTasks (condition ecs:cluster)" in text
    assert service.calls == []


def test_another_trouble_is_not_taken_for_a_missing_permission() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})

    def fails(deployment: str, task_definition: str) -> Any:
        raise client_error("InvalidParameterException", "ListTasks")

    service.stopped_tasks = fails  # type: ignore[method-assign]
    with pytest.raises(ClientError, match="InvalidParameterException"):
        roll_out(service)
    assert service.calls == []
