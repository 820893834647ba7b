"""What is cleaned up when a stack is destroyed: whole requests to ECS."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.migration.forget import deregister, family, in_use, stop_live_tasks
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord
from tests.unit.sluice.migration.simulation import CLUSTER, Records

DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/notes-service"


class Ecs:
    """Keeps every request, and answers with *found*."""

    def __init__(self, *found: list[str]) -> None:
        self.found = found
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def stop_task(self, **request: Any) -> None:
        self.requests.append(("stop_task", request))

    def list_tasks(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("list_tasks", request))
        return {"taskArns": self.found[0]}

    def deregister_task_definition(self, **request: Any) -> None:
        self.requests.append(("deregister_task_definition", request))

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_task_definitions"
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        self.requests.append(("list_task_definitions", request))
        return [{"taskDefinitionArns": page} for page in self.found]


def test_only_tasks_that_were_started_and_have_not_ended_are_stopped() -> None:
    records, ecs, said = Records(), Ecs(), list[str]()
    for number in (3, 4):
        run = RunRecord(number, "up", "f", "sha256:a", "ann@host", 1)
        records.save(run)
        tasks = (
            TaskRecord(0, 1, f"ended{number}", exit=0, done="succeeded"),
            TaskRecord(1, 1),  # about to start
            TaskRecord(2, 1, done="not started"),
            TaskRecord(3, 1, f"live{number}"),
        )
        records.save_step(run, StepRecord("master", tasks))
    stop_live_tasks(ecs, records, CLUSTER, said.append)  # type: ignore[arg-type]
    assert ecs.requests == [
        (
            "stop_task",
            {
                "cluster": CLUSTER,
                "task": f"arn:aws:ecs:eu-west-1:123456789012:task/notes/live{number}",
                "reason": "Sluice: the gate is being deleted",
            },
        )
        for number in (3, 4)
    ]
    assert said == ["stopped task live3 of run 3", "stopped task live4 of run 4"]


@pytest.mark.parametrize(("found", "used"), [(["t/1"], True), ([], False)])
def test_a_family_is_in_use_while_a_task_of_it_runs(found: list[str], used: bool) -> None:
    ecs = Ecs(found)
    assert in_use(ecs, CLUSTER, f"{DEFINITION}:12") is used
    assert ecs.requests == [("list_tasks", {"cluster": CLUSTER, "family": "notes-service"})]


def test_every_revision_of_the_family_is_deregistered_and_none_of_a_longer_name() -> None:
    ecs = Ecs([f"{DEFINITION}:1", f"{DEFINITION}-bootstrap:3"], [f"{DEFINITION}:12"])
    assert deregister(ecs, f"{DEFINITION}:12") == 2
    assert ecs.requests == [
        ("list_task_definitions", {"familyPrefix": "notes-service"}),
        ("deregister_task_definition", {"taskDefinition": f"{DEFINITION}:1"}),
        ("deregister_task_definition", {"taskDefinition": f"{DEFINITION}:12"}),
    ]


@pytest.mark.parametrize("given", [f"{DEFINITION}:12", DEFINITION, "notes-service:12", "notes-service"])
def test_the_family_of_a_revision(given: str) -> None:
    assert family(given) == "notes-service"
