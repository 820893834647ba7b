"""Every task of a stack is kept to itself as its settings say, and Fargate takes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from emulator.cloud.ecs.tasks import fargate
from tests.components.program import Deployed

Deploy = Callable[..., Deployed]
KINDS = ("bootstrap", "migration", "service")


def definitions(deployed: Deployed) -> dict[str, dict[str, Any]]:
    """Of every family: the request that ECS gets, as far as it is about isolation."""
    found = {}
    for one in deployed.all("ecs/taskDefinition:TaskDefinition"):
        found[one.inputs["family"]] = {
            "networkMode": one.inputs["networkMode"],
            "volumes": one.inputs.get("volumes") or [],
            "containerDefinitions": json.loads(one.inputs["containerDefinitions"]),
        }
    return found


def test_nothing_but_a_scratch_folder_can_be_written_to(deploy: Deploy) -> None:
    found = definitions(deploy())
    assert {family.rpartition("-")[2] for family in found} == {*KINDS}
    for definition in found.values():
        assert fargate.refusal(definition) is None
        [container] = definition["containerDefinitions"]
        assert container["readonlyRootFilesystem"] is True
        assert container["linuxParameters"] == {
            "capabilities": {"add": [], "drop": ["ALL"]},
            "initProcessEnabled": True,
        }
        [point], [volume] = container["mountPoints"], definition["volumes"]
        assert point == {"sourceVolume": volume["name"], "containerPath": "/tmp", "readOnly": False}  # noqa: S108
        assert "user" not in container, "the image's own"


def test_the_settings_hold_for_every_task(deploy: Deploy, config: dict[str, Any]) -> None:
    wanted = {"writable": ["/data", "/var/cache"], "user": 10001, "capabilities": ["NET_BIND_SERVICE"]}
    for definition in definitions(deploy(app=config["app"] | wanted)).values():
        assert fargate.refusal(definition) is None
        [container] = definition["containerDefinitions"]
        assert [point["containerPath"] for point in container["mountPoints"]] == ["/data", "/var/cache"]
        assert [volume["name"] for volume in definition["volumes"]] == [
            point["sourceVolume"] for point in container["mountPoints"]
        ]
        assert container["user"] == "10001"
        dropped = container["linuxParameters"]["capabilities"]["drop"]
        assert "NET_BIND_SERVICE" not in dropped
        assert "SETUID" in dropped


@pytest.mark.parametrize("writable", [["/data"], []])
def test_a_file_system_that_can_be_written_to_has_no_volumes(
    deploy: Deploy, config: dict[str, Any], writable: list[str]
) -> None:
    for definition in definitions(deploy(app=config["app"] | {"readOnly": False, "writable": writable})).values():
        [container] = definition["containerDefinitions"]
        assert container["readonlyRootFilesystem"] is False
        assert container["mountPoints"] == definition["volumes"] == []


def test_a_steps_own_image_is_kept_likewise(deploy: Deploy, config: dict[str, Any]) -> None:
    image = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/tools@sha256:{'ab' * 32}"
    steps = [*config["migrations"], {"name": "flyway", "command": ["migrate"], "image": image}]
    deployed = deploy(migrations=steps, access={"repositories": [image.partition("@")[0]]})
    [own] = [one for family, one in definitions(deployed).items() if family.endswith("-flyway")]
    assert own["containerDefinitions"][0]["readonlyRootFilesystem"] is True
    assert fargate.refusal(own) is None
