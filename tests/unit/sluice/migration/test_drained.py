"""After-steps wait for the last task of the version before."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.clock import Halt
from sluice.errors import GateError, Interrupted
from sluice.migration.drained import STOP_SECONDS, Unseen, await_drained
from tests.unit.sluice.migration.simulation import CLUSTER, Clock

NEW, OLD = "arn:td/notes:8", "arn:td/notes:7"
GROUP = "arn:targetgroup/notes/1"


class Ecs:
    """Old tasks leave at their moments: desiredStatus STOPPED at once, lastStatus STOPPED then."""

    def __init__(self, clock: Clock, *leave: float) -> None:
        self.clock = clock
        self.leave = leave
        self.deployments = [{"taskDefinition": NEW, "runningCount": 1}]
        self.unlisted_until = self.undescribed_until = 0.0
        self.denied: tuple[str, ...] = ()
        self.drains = 0.0  # seconds that a target of an old task drains, from which on it stops

    def _asked(self, action: str) -> None:
        if action in self.denied:
            message = f"User: arn:aws:sts::123456789012:assumed-role/deploy/x is not authorized to perform: {action}"
            code = "AccessDenied" if action.startswith("elastic") else "AccessDeniedException"
            raise ClientError({"Error": {"Code": code, "Message": message}}, action.rpartition(":")[2])

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_tasks"
        return self

    def paginate(self, cluster: str, serviceName: str, desiredStatus: str) -> list[dict[str, Any]]:  # noqa: N803
        assert serviceName == "notes"
        self._asked("ecs:ListTasks")
        if desiredStatus == "RUNNING":
            return [{"taskArns": ["t/new"]}]
        if self.clock.elapsed < self.unlisted_until:
            return [{"taskArns": []}]
        return [{"taskArns": [f"t/old-{number}" for number in range(len(self.leave))]}]

    def describe_services(self, cluster: str, services: list[str]) -> dict[str, Any]:
        self._asked("ecs:DescribeServices")
        old = (
            [{"taskDefinition": OLD, "runningCount": 1}] if any(self.clock.elapsed < one for one in self.leave) else []
        )
        return {"services": [{"deployments": self.deployments + old, "loadBalancers": [{"targetGroupArn": GROUP}]}]}

    def describe_target_health(self, TargetGroupArn: str) -> dict[str, Any]:  # noqa: N803
        assert TargetGroupArn == GROUP
        self._asked("elasticloadbalancing:DescribeTargetHealth")
        draining = sum(one <= self.clock.elapsed < one + self.drains for one in self.leave)
        states = ["healthy", *["draining"] * draining]
        return {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}} for state in states]}

    def describe_tasks(self, cluster: str, tasks: list[str]) -> dict[str, Any]:
        self._asked("ecs:DescribeTasks")
        described = []
        for arn in tasks:
            if self.clock.elapsed < self.undescribed_until:
                continue
            if arn == "t/new":
                described.append({"taskArn": arn, "taskDefinitionArn": NEW, "lastStatus": "RUNNING"})
                continue
            gone = self.clock.elapsed >= self.leave[int(arn.rpartition("-")[2])]
            described.append(
                {"taskArn": arn, "taskDefinitionArn": OLD, "lastStatus": "STOPPED" if gone else "DEACTIVATING"}
            )
        return {"tasks": described}


def drain(clock: Clock, *leave: float, **lies: Any) -> list[str]:
    lines: list[str] = []
    ecs = Ecs(clock, *leave)
    vars(ecs).update(lies)
    await_drained(ecs, clock, lambda text, _: lines.append(text), CLUSTER, "arn:service/c/notes", NEW, ecs)
    return lines


def test_nothing_left_waits_for_nothing() -> None:
    clock = Clock()
    assert drain(clock) == []
    assert clock.elapsed == 0


def test_a_task_on_its_way_out_is_waited_for() -> None:
    clock = Clock()
    lines = drain(clock, 10, 35)
    assert 35 <= clock.elapsed < 40
    assert lines[0].startswith("waiting until the previous version has stopped: 2 tasks (old-0, old-1), ")


def test_a_listing_that_does_not_know_the_old_task_yet_proves_nothing() -> None:
    clock = Clock()
    drain(clock, 35, unlisted_until=4)
    assert 35 <= clock.elapsed < 42


def test_tasks_that_are_listed_and_not_described_are_not_gone() -> None:
    """DescribeTasks answers with failures[]: MISSING."""
    clock = Clock()
    drain(clock, 35, undescribed_until=20)
    assert 35 <= clock.elapsed < 42


def test_an_absence_that_the_service_does_not_confirm_must_last() -> None:
    clock = Clock()
    drain(clock, deployments=[{"taskDefinition": NEW, "runningCount": 1}, {"taskDefinition": OLD, "runningCount": 0}])
    assert 5 <= clock.elapsed < 10


def test_it_has_a_deadline_that_names_the_tasks() -> None:
    with pytest.raises(GateError, match=r"has not stopped after 1 h 05 min: 1 task \(old-0\)"):
        drain(Clock(), 1e9)


def test_ctrl_c_ends_it() -> None:
    with pytest.raises(Interrupted, match="the new version serves"):
        drain(Clock({5: Halt.STOP}), 100)


# -- a deployer that may not list tasks


@pytest.mark.parametrize("action", ["ecs:ListTasks", "ecs:DescribeTasks"])
def test_without_the_permission_to_list_tasks_deployments_and_targets_are_watched(action: str) -> None:
    """An old task drains for 30 s after it left every count of DescribeServices, and may need its stopTimeout then."""
    clock = Clock()
    lines = drain(clock, 20, denied=(action,), drains=30)
    assert 50 + STOP_SECONDS <= clock.elapsed < 50 + STOP_SECONDS + 45
    assert lines[0].startswith("warning: the tasks of the previous version cannot be listed (User: arn:aws:sts::")
    assert f"is not authorized to perform: {action}" in lines[0]
    assert [line for line in lines if line.startswith("warning")] == lines[:1], "once"
    assert lines[1].startswith("waiting until the previous version has stopped: deployment of notes:7, ")
    assert any("1 draining target, " in line for line in lines)


def test_without_it_a_new_version_that_does_not_run_yet_is_waited_for() -> None:
    with pytest.raises(GateError, match="has not stopped after 1 h 05 min: the new version does not run"):
        drain(Clock(), denied=("ecs:ListTasks",), deployments=[{"taskDefinition": NEW, "runningCount": 0}])


@pytest.mark.parametrize("action", ["ecs:DescribeServices", "elasticloadbalancing:DescribeTargetHealth"])
def test_what_cannot_be_known_without_it_names_the_permission(action: str) -> None:
    clock = Clock()
    with pytest.raises(Unseen) as unseen:
        drain(clock, denied=("ecs:ListTasks", action))
    text = str(unseen.value)
    assert "the after-steps were not started; the new version serves" in text
    assert f"  cause: this deployer may not call {action.rpartition(':')[2]}: User: arn:aws:sts::" in text
    assert f"fix:   allow it {action}" in text
    assert "ecs:ListTasks and ecs:DescribeTasks (condition ecs:cluster)" in text
    assert clock.elapsed < 1


def test_where_only_the_service_cannot_be_asked_an_absence_must_last() -> None:
    clock = Clock()
    assert drain(clock, denied=("ecs:DescribeServices",)) == []
    assert 5 <= clock.elapsed < 10
