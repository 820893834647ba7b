"""What Fargate refuses, as a table; and what a container gets of Docker."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud.ecs.containers import isolation
from emulator.cloud.ecs.tasks import fargate

TAKEN: dict[str, Any] = {
    "networkMode": "awsvpc",
    "pidMode": "task",
    "volumes": [{"name": "tmp", "host": {}}, {"name": "shared", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
    "containerDefinitions": [
        {
            "name": "app",
            "portMappings": [{"containerPort": 8080, "hostPort": 8080}, {"containerPort": 81}],
            "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/data"}],
            "readonlyRootFilesystem": True,
            "privileged": False,
            "links": [],
            "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 1}],
            "linuxParameters": {
                "initProcessEnabled": True,
                "capabilities": {"drop": ["ALL"], "add": ["SYS_PTRACE"]},
                "devices": [],
                "tmpfs": [{"containerPath": "/run", "size": 16}],
            },
        }
    ],
}


def changed(container: dict[str, Any] | None = None, **definition: Any) -> dict[str, Any]:
    return {**TAKEN, "containerDefinitions": [{**TAKEN["containerDefinitions"][0], **(container or {})}], **definition}


REFUSED = {
    "network mode host": changed(networkMode="host"),
    "network mode bridge": changed(networkMode="bridge"),
    "no network mode": changed(networkMode=None),
    "pidMode host": changed(pidMode="host"),
    "ipcMode": changed(ipcMode="host"),
    "placementConstraints": changed(placementConstraints=[{"type": "memberOf"}]),
    "sourcePath": changed(volumes=[{"name": "tmp", "host": {"sourcePath": "/"}}]),
    "dockerVolumeConfiguration": changed(volumes=[{"name": "tmp", "dockerVolumeConfiguration": {"scope": "task"}}]),
    "fsxWindowsFileServerVolumeConfiguration": changed(
        volumes=[{"name": "tmp", "fsxWindowsFileServerVolumeConfiguration": {"fileSystemId": "fs-1"}}]
    ),
    "Unknown volume": changed({"mountPoints": [{"sourceVolume": "other", "containerPath": "/x"}]}),
    "privileged": changed({"privileged": True}),
    "links": changed({"links": ["other"]}),
    "extraHosts": changed({"extraHosts": [{"hostname": "a", "ipAddress": "1.2.3.4"}]}),
    "hostname": changed({"hostname": "a"}),
    "dnsServers": changed({"dnsServers": ["1.1.1.1"]}),
    "dnsSearchDomains": changed({"dnsSearchDomains": ["a"]}),
    "disableNetworking": changed({"disableNetworking": True}),
    "log driver json-file": changed({"logConfiguration": {"logDriver": "json-file"}}),
    "log driver syslog": changed({"logConfiguration": {"logDriver": "syslog"}}),
    "dockerSecurityOptions": changed({"dockerSecurityOptions": ["no-new-privileges"]}),
    "devices": changed({"linuxParameters": {"devices": [{"hostPath": "/dev/sda"}]}}),
    "sharedMemorySize": changed({"linuxParameters": {"sharedMemorySize": 64}}),
    "maxSwap": changed({"linuxParameters": {"maxSwap": 0}}),
    "swappiness": changed({"linuxParameters": {"swappiness": 60}}),
    "capability SYS_ADMIN": changed({"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE", "SYS_ADMIN"]}}}),
    "capability ALL": changed({"linuxParameters": {"capabilities": {"add": ["ALL"]}}}),
    "GPU": changed({"resourceRequirements": [{"type": "GPU", "value": "1"}]}),
    "host ports": changed({"portMappings": [{"containerPort": 8080, "hostPort": 80}]}),
}


def test_what_fargate_takes_is_taken() -> None:
    assert fargate.refusal(TAKEN) is None


@pytest.mark.parametrize("name", REFUSED)
def test_what_fargate_refuses_is_refused_by_name(name: str) -> None:
    refused = fargate.refusal(REFUSED[name])
    assert refused is not None
    assert name.rpartition(" ")[2] in refused


def test_a_task_of_several_containers_is_refused_for_its_last_one() -> None:
    two = {**TAKEN, "containerDefinitions": [*TAKEN["containerDefinitions"], {"name": "other", "privileged": True}]}
    assert fargate.refusal(two) == "Fargate does not support privileged of container other."


@pytest.mark.parametrize(
    ("request_", "taken"),
    [
        ({}, True),
        ({"launchType": "FARGATE"}, True),
        ({"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}, {"capacityProvider": "FARGATE_SPOT"}]}, True),
        ({"launchType": "EC2"}, False),
        ({"launchType": "EXTERNAL"}, False),
        ({"capacityProviderStrategy": [{"capacityProvider": "mine"}]}, False),
    ],
)
def test_tasks_run_on_fargate_only(request_: dict[str, Any], taken: bool) -> None:
    assert (fargate.launch_refusal(request_) is None) == taken


def test_docker_is_told_what_the_definition_says() -> None:
    assert isolation.arguments({"name": "app"}) == {}
    assert isolation.arguments(TAKEN["containerDefinitions"][0]) == {
        "read_only": True,
        "init": True,
        "cap_add": ["SYS_PTRACE"],
        "cap_drop": ["ALL"],
    }


def test_docker_is_told_nothing_of_this_machine_whatever_was_registered() -> None:
    """A second line of defence: RegisterTaskDefinition refuses what leads there."""
    mine = {"environment": {}, "labels": {}, "command": ["true"]}
    of_the_machine = {
        "privileged": True,
        "volumes": ["/:/machine:rw"],
        "pid_mode": "host",
        "network_mode": "host",
        "cap_add": ["ALL"],
        "devices": ["/dev/sda"],
        "security_opt": ["seccomp=unconfined"],
    }
    assert isolation.without_host(mine | of_the_machine) == mine
    assert "cap_add" not in isolation.arguments({"linuxParameters": {"capabilities": {"add": ["ALL", "SYS_ADMIN"]}}})
