"""After-steps wait for the last task of the version before."""

from __future__ import annotations

from typing import Any

import pytest

from gate.clock import Halt
from gate.drained import await_drained
from gate.errors import GateError, Interrupted
from tests.unit.gate.simulation import CLUSTER, Clock

NEW, OLD = "arn:td/notes:8", "arn:td/notes:7"


class Ecs:
    """Old tasks leave at their moments: desiredStatus STOPPED at once, lastStatus STOPPED then."""

    def __init__(self, clock: Clock, *leave: float) -> None:
        self.clock = clock
        self.leave = leave
        self.deployments = [{"taskDefinition": NEW, "runningCount": 1}]
        self.unlisted_until = self.undescribed_until = 0.0

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_tasks"
        return self

    def paginate(self, cluster: str, serviceName: str, desiredStatus: str) -> list[dict[str, Any]]:  # noqa: N803
        assert serviceName == "notes"
        if desiredStatus == "RUNNING":
            return [{"taskArns": ["t/new"]}]
        if self.clock.elapsed < self.unlisted_until:
            return [{"taskArns": []}]
        return [{"taskArns": [f"t/old-{number}" for number in range(len(self.leave))]}]

    def describe_services(self, cluster: str, services: list[str]) -> dict[str, Any]:
        old = (
            [{"taskDefinition": OLD, "runningCount": 1}] if any(self.clock.elapsed < one for one in self.leave) else []
        )
        return {"services": [{"deployments": self.deployments + old}]}

    def describe_tasks(self, cluster: str, tasks: list[str]) -> dict[str, Any]:
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
    await_drained(ecs, clock, lambda text, _: lines.append(text), CLUSTER, "arn:service/c/notes", NEW)
    return lines


def test_nothing_left_waits_for_nothing() -> None:
    clock = Clock()
    assert drain(clock) == []
    assert clock.elapsed == 0


def test_a_task_on_its_way_out_is_waited_for() -> None:
    clock = Clock()
    lines = drain(clock, 10, 35)
    assert 35 <= clock.elapsed < 40
    assert lines[0].startswith("waiting until 2 tasks of the version before have stopped")


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
    with pytest.raises(GateError, match=r"1 tasks of the version before still run after 1 h 05 min \(old-0\)"):
        drain(Clock(), 1e9)


def test_ctrl_c_ends_it() -> None:
    with pytest.raises(Interrupted, match="the new version serves"):
        drain(Clock({5: Halt.STOP}), 100)
