"""Load balancers that fit a task definition, and those of each deployment's tasks."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud.ecs.service.load_balancers import of_task, refusal

WEB = {"targetGroupArn": "group", "containerName": "web", "containerPort": 8080}


def definition(name: str, *ports: int) -> dict[str, Any]:
    return {"containerDefinitions": [{"name": name, "portMappings": [{"containerPort": port} for port in ports]}]}


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (definition("web", 8080), ""),
        (definition("web", 9090, 8080), ""),
        (definition("web", 9090), "The container web did not have a container port 8080 defined."),
        (definition("web"), "The container web did not have a container port 8080 defined."),
        (definition("app", 8080), "The container web does not exist in the task definition."),
        (None, ""),
    ],
)
def test_what_aws_refuses(known: dict[str, Any] | None, said: str) -> None:
    assert refusal([WEB], known) == said


def test_tasks_of_two_deployments_are_asked_at_two_ports() -> None:
    moved = WEB | {"containerPort": 9090}
    service = {
        "loadBalancers": [moved],
        "deployments": [{"id": "new", "_load_balancers": [moved]}, {"id": "old", "_load_balancers": [WEB]}],
    }
    assert [of_task(service, one)[0]["containerPort"] for one in ("new", "old", "unknown")] == [9090, 8080, 9090]
