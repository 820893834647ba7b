"""Rollouts on simulated time against a scripted service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gate.clock import Halt
from gate.errors import Interrupted
from gate.judge import TargetState
from gate.rollout import Done, Rollout, RolloutFailed, Wanted
from gate.smoke import Answer, Smoke
from tests.unit.gate.simulation import Clock, client_error

NEW, OLD = "arn:td/notes:8", "arn:td/notes:7"
GROUP = "arn:targetgroup/notes"
SMOKE = Smoke("http://notes/health")


class Service:
    """A service whose deployments end as told: ``ends`` maps a revision to its way after *takes* seconds."""

    def __init__(self, clock: Clock, ends: dict[str, str], first: bool = False, takes: float = 5) -> None:
        self.clock = clock
        self.ends = ends
        self.takes = takes
        self.deployments: list[dict[str, Any]] = [] if first else [self._new(OLD, "COMPLETED")]
        self.calls: list[tuple[str, bool]] = []
        self.states: dict[str, int] = {"healthy": 2}
        self.begun = 0.0
        self.running = 2
        self.interloper = False
        self.refuses: set[str] = set()

    def _new(self, revision: str, state: str = "IN_PROGRESS") -> dict[str, Any]:
        number = len(getattr(self, "calls", []))
        return {
            "id": f"ecs-svc/{number}",
            "taskDefinition": revision,
            "status": "PRIMARY",
            "rolloutState": state,
            "createdAt": number,
            "runningCount": 1,
        }

    def describe(self) -> dict[str, Any]:
        current = self.deployments[0] if self.deployments else None
        if current and current["rolloutState"] == "IN_PROGRESS" and self.clock.time - self.begun >= self.takes:
            end = self.ends.get(current["taskDefinition"], "COMPLETED")
            if end == "rolled back":
                self.calls.append((OLD, False))
                self.deployments = [self._new(OLD, "COMPLETED")]
            elif end != "stuck":
                current["rolloutState"] = end
        if self.interloper and current and current["rolloutState"] == "COMPLETED" and current["taskDefinition"] == NEW:
            self.deployments = [self._new("arn:td/notes:6", "COMPLETED") | {"id": "ecs-svc/theirs"}]
        return {"status": "ACTIVE", "desiredCount": 2, "runningCount": self.running, "deployments": self.deployments}

    def deploy(self, task_definition: str, force: bool) -> str:
        self.calls.append((task_definition, force))
        self.begun = self.clock.time
        for one in self.deployments:
            one["status"] = "ACTIVE"
        self.deployments.insert(0, self._new(task_definition))
        return str(self.deployments[0]["id"])

    def targets(self, target_group: str) -> TargetState:
        return TargetState(self.states, ())

    def stopped_tasks(self, deployment: str, task_definition: str) -> list[dict[str, Any]]:
        if "stopped_tasks" in self.refuses:
            raise client_error("AccessDeniedException", "ListTasks")
        return [
            {
                "taskArn": "arn:task/notes/dead",
                "stoppedReason": "Essential container in task exited",
                "containers": [{"name": "app", "exitCode": 1}],
            }
        ] * 3

    def last_lines(self, task: dict[str, Any]) -> list[str]:
        return ["cannot read settings"]


def roll_out(
    service: Service, ask: Callable[[str, float], Answer] = lambda url, timeout: Answer(200, "ok"), previous: str = ""
) -> Done:
    wanted = Wanted(NEW, previous, 300, (GROUP,), SMOKE)
    return Rollout(service, wanted, service.clock, lambda text, ephemeral: None, ask).run()  # type: ignore[arg-type]


def test_a_good_version() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})
    done = roll_out(service)
    assert (done.deployment, done.previous) == ("ecs-svc/1", OLD)
    assert service.calls == [(NEW, False)]


def test_a_rolled_back_version_is_a_failure_with_reasons() -> None:
    with pytest.raises(RolloutFailed) as failure:
        roll_out(Service(Clock(), {NEW: "rolled back"}))
    text = str(failure.value)
    for part in (
        "rolled back",
        "3 × Essential container in task exited; container app exit code 1",
        "cannot read settings",
    ):
        assert part in text
    assert "notes:7 keeps serving" in text


def test_a_first_version_that_fails_says_that_there_is_nothing_to_return_to() -> None:
    service = Service(Clock(), {NEW: "FAILED"}, first=True)
    service.deploy(NEW, False)
    with pytest.raises(RolloutFailed, match="no version to go back to"):
        roll_out(service)


def test_the_services_own_first_deployment_is_watched_not_repeated() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"}, first=True)
    service.deploy(NEW, False)
    roll_out(service)
    assert service.calls == [(NEW, False)]


def test_a_retry_after_a_failed_deployment_forces_a_new_one() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"}, first=True)
    service.deploy(NEW, False)
    service.deployments[0]["rolloutState"] = "FAILED"
    roll_out(service)
    assert service.calls[-1] == (NEW, True)


def test_stuck_past_the_deadline_goes_back() -> None:
    service = Service(Clock(), {NEW: "stuck", OLD: "COMPLETED"})
    with pytest.raises(RolloutFailed, match=r"deadline of 5 min(.|\n)*notes:7 serves again"):
        roll_out(service)
    assert service.calls == [(NEW, False), (OLD, False)]


def test_going_back_that_fails_says_so() -> None:
    service = Service(Clock(), {NEW: "stuck", OLD: "FAILED"})
    with pytest.raises(RolloutFailed, match="did not complete"):
        roll_out(service)


def test_unhealthy_targets_are_no_success() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.states = {"healthy": 1, "unhealthy": 1}
    with pytest.raises(RolloutFailed, match="targets are not healthy"):
        roll_out(service)
    assert service.calls[-1] == (OLD, False)


def test_a_smoke_request_that_fails_goes_back() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    with pytest.raises(RolloutFailed, match=r"answered 503 instead of 200(.|\n)*serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, "no database"))
    assert service.calls == [(NEW, False), (OLD, False)]


def test_a_smoke_request_may_succeed_at_the_second_try() -> None:
    answers = iter([Answer(0, "refused"), Answer(200, "ok")])
    roll_out(Service(Clock(), {NEW: "COMPLETED"}), ask=lambda url, timeout: next(answers))


def test_the_previous_revision_is_the_engines_when_ecs_lists_none() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.deploy(NEW, False)
    service.deployments = service.deployments[:1]
    with pytest.raises(RolloutFailed, match="serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(500, ""), previous=OLD)


def test_ctrl_c_goes_back() -> None:
    service = Service(Clock({3: Halt.STOP}), {NEW: "stuck"})
    with pytest.raises(Interrupted, match="goes back to notes:7"):
        roll_out(service)
    assert service.calls == [(NEW, False), (OLD, False)]


def test_ctrl_c_before_the_deployment_touches_nothing() -> None:
    service = Service(Clock({0: Halt.STOP}), {})
    with pytest.raises(Interrupted):
        roll_out(service)
    assert service.calls == []


def test_a_dying_deployer_leaves_the_rollout_to_ecs() -> None:
    service = Service(Clock({3: Halt.ABANDON}), {NEW: "stuck"})
    with pytest.raises(Interrupted):
        roll_out(service)
    assert service.calls == [(NEW, False)]


def test_evidence_that_cannot_be_read_does_not_keep_it_from_going_back() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.refuses = {"stopped_tasks"}
    with pytest.raises(RolloutFailed, match=r"stopped tasks: could not be read(.|\n)*serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, "no database"))
    assert service.calls == [(NEW, False), (OLD, False)]


def test_too_few_running_tasks_are_no_success() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.running = 1
    with pytest.raises(RolloutFailed, match="targets are not healthy"):
        roll_out(service)


def test_somebody_elses_newer_deployment_is_neither_a_success_nor_undone() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})

    def ask(url: str, timeout: float) -> Answer:
        service.interloper = True
        return Answer(200, "ok")

    with pytest.raises(RolloutFailed, match="superseded"):
        roll_out(service, ask)
    assert service.calls == [(NEW, False)]


def test_a_stale_answer_right_after_the_deployment_is_not_a_rollback() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})
    describe, stale = service.describe, service.describe()
    answers = iter([stale, stale, stale])
    service.describe = lambda: next(answers, None) or describe()  # type: ignore[method-assign]
    stale["deployments"] = list(stale["deployments"])
    roll_out(service)
    assert service.calls == [(NEW, False)]


def test_somebody_elses_deployment_is_not_undone_when_the_smoke_request_fails() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})

    def ask(url: str, timeout: float) -> Answer:
        service.interloper = True
        return Answer(503, "no database")

    with pytest.raises(RolloutFailed, match="superseded"):
        roll_out(service, ask)
    assert service.calls == [(NEW, False)]


def test_a_stale_answer_on_the_way_back_is_not_its_end() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    describe, deploy = service.describe, service.deploy
    stale: list[dict[str, Any]] = []

    def deployed(task_definition: str, force: bool) -> str:
        before = describe()
        before = before | {"deployments": [dict(one) for one in before["deployments"]]}
        started = deploy(task_definition, force)
        if task_definition == OLD:
            stale.extend([before] * 3)
        return started

    service.deploy = deployed  # type: ignore[method-assign]
    service.describe = lambda: stale.pop() if stale else describe()  # type: ignore[method-assign]
    with pytest.raises(RolloutFailed, match="serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, "no database"))
    assert stale == []
