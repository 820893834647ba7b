"""Containers have what their definitions give them and nothing more, with real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from components.tasks.isolation import CAPABILITIES, Isolation
from tests.e2e.cloud.attacks import IMAGE
from tests.e2e.cloud.stage import GROUP, Stage, docker

LOOK = """
import json, os
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
def may_write(path):
    try:
        with open(os.path.join(path, "probe"), "w"):
            return "yes"
    except OSError as error:
        return error.strerror
print(json.dumps({
    "first": open("/proc/1/comm").read().strip(),
    "user": os.getuid(),
    "group": os.getgid(),
    "bounding": int(status["CapBnd"], 16),
    "effective": int(status["CapEff"], 16),
    "writes": {path: may_write(path) for path in ("/", "/etc", "/data", "/other", "/plain")},
    "content": sorted(os.listdir("/data")) if os.path.isdir("/data") else None,
}))
"""
DOCKERFILE = f"""
FROM {IMAGE}
RUN mkdir /data /other /plain && touch /data/from-the-image && chown -R 10001:10001 /data /other /plain
VOLUME /data /other
USER 10001:10001
"""
CHOWN, NET_BIND_SERVICE = 1 << 0, 1 << 10


@pytest.fixture(scope="module")
def image(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("image")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return stage.push("volumes", folder)


def seen(stage: Stage, image: str, kept: Isolation, **more: Any) -> dict[str, Any]:
    """What a container that is kept like this sees of itself."""
    arn = run(stage, image, kept, ["python", "-c", LOOK], **more)
    [line] = stage.lines(arn, "isolated")
    found: dict[str, Any] = json.loads(line)
    return found


def run(stage: Stage, image: str, kept: Isolation, command: list[str], **more: Any) -> str:
    """A task of one such container, which has stopped. Returns its ARN."""
    options = {"awslogs-group": GROUP, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "isolated"}
    container = {
        "name": "app",
        "image": image,
        "command": command,
        "logConfiguration": {"logDriver": "awslogs", "options": options},
        **kept.members(),
        **more,
    }
    made = stage.ecs.register_task_definition(
        family="isolated",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        volumes=[{"name": name} for name in kept.volumes],
        containerDefinitions=[container],
    )["taskDefinition"]
    arn = stage.run(made["taskDefinitionArn"])
    stage.in_state(arn, "STOPPED")
    return arn


READ_ONLY, DENIED = "Read-only file system", "Permission denied"


def test_the_programs_own_way(stage: Stage, image: str) -> None:
    """Read-only but for what is writable, no capability, an init process; a VOLUME keeps its owner and content."""
    found = seen(stage, image, Isolation(writable=("/data", "/plain")))
    assert found["first"] == "docker-init"
    assert (found["user"], found["group"]) == (10001, 10001)
    assert (found["bounding"], found["effective"]) == (0, 0)
    assert found["writes"] == {
        "/": READ_ONLY,
        "/etc": READ_ONLY,
        "/data": "yes",
        "/other": READ_ONLY,  # a VOLUME that is no mount point
        "/plain": DENIED,  # a mount point that is no VOLUME: root's, with mode 0755
    }
    assert found["content"] == ["from-the-image", "probe"]


def test_with_everything_off(stage: Stage, image: str) -> None:
    kept = Isolation(read_only=False, user="root", capabilities=CAPABILITIES)
    plain = {"linuxParameters": {"initProcessEnabled": False}}
    found = seen(stage, image, kept, **plain)
    assert found["first"] == "python"
    assert found["user"] == 0
    assert set(found["writes"].values()) == {"yes"}
    assert found["effective"] & CHOWN


def test_some_capabilities_stay(stage: Stage, image: str) -> None:
    found = seen(stage, image, Isolation(user="root", capabilities=("NET_BIND_SERVICE",)))
    assert found["effective"] == found["bounding"] == NET_BIND_SERVICE


def test_tmpfs_can_be_written_to(stage: Stage, image: str) -> None:
    kept = Isolation()
    memory = {"tmpfs": [{"containerPath": "/fresh", "size": 16, "mountOptions": ["noexec"]}]}
    more = {"linuxParameters": kept.members()["linuxParameters"] | memory}
    arn = run(stage, image, kept, ["sh", "-c", "touch /fresh/a && grep ' /fresh ' /proc/mounts"], **more)
    [line] = stage.lines(arn, "isolated")
    assert line.startswith("tmpfs /fresh tmpfs ")
    assert "noexec" in line
    assert "size=16384k" in line


def test_a_volume_is_shared_by_the_tasks_containers_and_goes_with_it(stage: Stage, image: str) -> None:
    mount = {"mountPoints": [{"sourceVolume": "shared", "containerPath": "/data"}]}
    waits = "until test -e /data/written; do sleep 0.05; done"
    made = stage.ecs.register_task_definition(
        family="shared",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        volumes=[{"name": "shared"}],
        containerDefinitions=[
            {"name": "app", "image": image, "command": ["sh", "-c", waits], **mount},
            {"name": "other", "image": image, "essential": False, "command": ["touch", "/data/written"], **mount},
        ],
    )["taskDefinition"]
    arn = stage.run(made["taskDefinitionArn"])
    task = stage.in_state(arn, "STOPPED")
    assert task["containers"][0]["exitCode"] == 0
    left = docker("volume", "ls", "--quiet", "--filter", f"label=sluice.account={stage.cloud.account}").split()
    assert not [name for name in left if arn.rpartition("/")[2] in name]


def test_a_volume_that_lives_elsewhere_is_no_silent_folder(stage: Stage, image: str) -> None:
    made = stage.ecs.register_task_definition(
        family="elsewhere",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        volumes=[{"name": "files", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
        containerDefinitions=[
            {"name": "app", "image": image, "mountPoints": [{"sourceVolume": "files", "containerPath": "/data"}]}
        ],
    )["taskDefinition"]
    task = stage.in_state(stage.run(made["taskDefinitionArn"]), "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    assert "no volume with efsVolumeConfiguration" in task["stoppedReason"]


def test_an_examples_image_says_what_it_writes_to() -> None:
    """Else a user that is not root could not write to /tmp on Fargate."""
    for name in ("notes", "orders"):
        text = (Path(__file__).parents[3] / "examples" / name / "Dockerfile").read_text()
        assert "\nVOLUME /tmp\n" in text, name
