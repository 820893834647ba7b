"""Who the tasks run as, and what they could not write to: what admission says of it."""

from __future__ import annotations

from typing import Any

import pytest

from components.tasks.isolation import Isolation
from sluice.admission.start_admission import known_tasks
from sluice.admission.start_findings import started
from sluice.admission.start_requirements import Task
from sluice.finding import Finding
from sluice.image.image_configuration import ImageConfiguration

IMAGE = "shop@sha256:" + "a" * 64
DATA = "/data"


def task(**container: Any) -> Task:
    made = {"name": "app", "image": IMAGE, **container}
    volumes = [{"name": "own", "host": {}}, {"name": "shared", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]
    return Task("the service", {"volumes": volumes, "containerDefinitions": [made]})


def mounted(volume: str = "own", **more: Any) -> dict[str, Any]:
    return {"mountPoints": [{"sourceVolume": volume, "containerPath": DATA, **more}]}


def found(one: Task, user: str = "10001", *volumes: str) -> list[Finding]:
    return started([one], IMAGE, ImageConfiguration(user=user, volumes=volumes))


@pytest.mark.parametrize("user", ["", "root", "0", "0:10001", "root:app"])
class TestAnImageOfRoot:
    def test_is_refused(self, user: str) -> None:
        [one] = found(task(), user)
        assert (one.result, one.what) == ("refused", "runs as root (the service)")
        assert '`app.user: "10001"`' in one.fix

    def test_runs_as_the_user_of_its_definition(self, user: str) -> None:
        assert found(task(user="10001:10001"), user) == []

    def test_is_warned_about_where_its_definition_asks_for_it(self, user: str) -> None:
        [one] = found(task(user="root"), user)
        assert (one.result, one.what) == ("warning", "runs as root (the service), as the task definition requests")

    def test_is_warned_about_while_the_definition_is_not_known(self, user: str) -> None:
        tasks = known_tasks(IMAGE, "", [], [], [])
        [one] = started(tasks, IMAGE, ImageConfiguration(user=user))
        assert one.result == "warning"
        assert "unless the task definition names another user" in one.what


def test_a_user_of_the_definition_may_be_root_of_an_image_that_is_not() -> None:
    [one] = found(task(user="0"), "10001")
    assert (one.result, one.what) == ("warning", "runs as root (the service), as the task definition requests")


def test_a_volume_that_the_image_does_not_name_belongs_to_root() -> None:
    [one] = found(task(**mounted()))
    assert (one.result, one.subject.partition(" ")[0]) == ("warning", DATA)
    assert f"`VOLUME {DATA}`" in one.fix
    assert "app.writable" in one.fix


@pytest.mark.parametrize(
    ("one", "user", "volumes"),
    [
        (task(**mounted()), "10001", [DATA]),
        (task(**mounted(readOnly=True)), "10001", []),
        (task(**mounted("shared")), "10001", []),
        (task(), "10001", []),
    ],
    ids=["named by the image", "only read", "elsewhere", "none"],
)
def test_a_volume_that_can_be_used(one: Task, user: str, volumes: list[str]) -> None:
    assert found(one, user, *volumes) == []


def test_root_writes_to_a_volume_of_roots() -> None:
    assert [one.subject for one in found(task(user="root", **mounted())) if DATA in one.subject] == []


def test_a_volume_below_the_one_that_the_image_names_is_another_path() -> None:
    """ "If the absolute path that's specified in the VOLUME directive is the same as the containerPath"."""
    assert [one.result for one in found(task(**mounted()), "10001", "/", f"{DATA}/sub")] == ["warning"]


def test_what_the_program_renders_is_judged_the_same() -> None:
    kept = Isolation(writable=(DATA,))
    definition = {
        "volumes": [{"name": name} for name in kept.volumes],
        "containerDefinitions": [{"name": "app", "image": IMAGE, **kept.members()}],
    }
    assert [one.result for one in found(Task("the service", definition))] == ["warning"]
    assert found(Task("the service", definition), "10001", DATA) == []
