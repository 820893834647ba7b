"""What a container may do, as ECS is told it."""

from __future__ import annotations

import re

import pytest

from check.image.build import ImageConfig
from check.image.isolation import options
from components.tasks.isolation import CAPABILITIES, Isolation
from emulator.cloud.ecs.tasks import fargate
from infra.settings.app import App
from infra.tasks.isolation import isolation

SCRATCH = "/tmp"  # noqa: S108 - a path in a container


def test_without_a_setting_nothing_can_be_written_but_a_scratch_folder() -> None:
    members = isolation(App()).members()
    assert members["readonlyRootFilesystem"] is True
    assert [point["containerPath"] for point in members["mountPoints"]] == [SCRATCH]
    assert members["linuxParameters"] == {
        "capabilities": {"add": [], "drop": ["ALL"]},
        "initProcessEnabled": True,
    }
    assert "user" not in members, "the image's own"


def test_a_file_system_that_can_be_written_to_needs_no_volumes() -> None:
    kept = isolation(App.model_validate({"readOnly": False}))
    assert kept.members()["readonlyRootFilesystem"] is False
    assert kept.members()["mountPoints"] == []
    assert kept.volumes == []


def test_some_capabilities_are_kept_by_dropping_the_others() -> None:
    """Fargate adds none."""
    changed = Isolation(capabilities=("NET_BIND_SERVICE", "CHOWN")).members()["linuxParameters"]["capabilities"]
    assert changed["add"] == []
    assert sorted({*changed["drop"], "NET_BIND_SERVICE", "CHOWN"}) == sorted(CAPABILITIES)
    assert not {"NET_BIND_SERVICE", "CHOWN"} & {*changed["drop"]}


PATHS = (SCRATCH, "/var/cache/nginx", "/var-cache/nginx", "/var/cache-nginx", "/Data", "/data", "/a.b", "/ü")


def test_each_folder_has_a_volume_of_its_own() -> None:
    kept = Isolation(writable=PATHS)
    assert len(set(kept.volumes)) == len(PATHS)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,255}", name) for name in kept.volumes)
    assert [point["sourceVolume"] for point in kept.members()["mountPoints"]] == kept.volumes
    assert Isolation(writable=tuple(reversed(PATHS))).members() == kept.members(), "their order is no change"


@pytest.mark.parametrize(
    "kept",
    [Isolation(), Isolation(writable=PATHS), Isolation(False, (), "root", ("CHOWN",)), isolation(App(user="10001:0"))],
)
def test_fargate_takes_it(kept: Isolation) -> None:
    request = {
        "networkMode": "awsvpc",
        "volumes": [{"name": name} for name in kept.volumes],
        "containerDefinitions": [{"name": "app", **kept.members()}],
    }
    assert fargate.refusal(request) is None


def test_make_check_runs_containers_likewise() -> None:
    image = ImageConfig("shop:1", volumes=(SCRATCH, "/var/lib/shop"))
    words = " ".join(options(Isolation(writable=(SCRATCH, "/run/shop"), user="10001", capabilities=("CHOWN",)), image))
    assert words.startswith("--init --cap-drop AUDIT_WRITE --cap-drop DAC_OVERRIDE ")
    assert words.endswith(
        "--user 10001 --mount type=volume,destination=/tmp "
        "--mount type=volume,destination=/run/shop,volume-nocopy=true "
        "--read-only"
    )
    assert options(Isolation(read_only=False), image) == ["--init", "--cap-drop", "ALL"]
