"""Blue/green, end to end: no user's request reaches a version before it has answered on test traffic."""

from __future__ import annotations

import pytest

from tests.e2e.strategies.scene import ACCESS, APP, HEALTHY, PROVEN, SAYS, Deployment, Edit, Scene, first_always

BAD: dict[str, tuple[Edit, str]] = {
    "503 at /health": (
        (APP, HEALTHY, 'return JSONResponse({"status": "unavailable", "reason": "no licence"}, 503)'),
        "answered 503",
    ),
    "wrong answer in the body": ((APP, HEALTHY, HEALTHY.replace('"ok"', '"degraded"')), "degraded"),
    "wrong version header": ((ACCESS, SAYS, SAYS.replace("self.version", '"somebody-else"')), "somebody-else"),
}


def nothing_to_do(scene: Scene) -> None:
    """One more `pulumi up`, a refresh and a preview change nothing: ECS's weights are no drift."""
    again = scene.stage.up()
    assert "unchanged" in again.output
    assert "deployment ecs-svc/" not in again.output
    scene.stage.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    scene.stage.pulumi("preview", "--expect-no-changes")


def unseen(found: Deployment) -> None:
    """Users got the version before, every time."""
    assert found.reached == [], f"{len(found.reached)} requests of users reached the bad version"
    assert found.failed == []
    assert found.strangers == []
    assert len(found.answers) > 500


def test_the_first_deployment_ends_with_one_group_in_production(scene: Scene) -> None:
    assert sorted(scene.weights().values())[0] == 0
    assert scene.tasks() == 2
    nothing_to_do(scene)


def test_a_good_version_is_proven_before_the_first_user_gets_it(scene: Scene) -> None:
    before = scene.weights()
    found = scene.deploy("good")
    assert found.finished.code == 0, found.finished.output
    assert found.failed == []
    assert found.strangers == []
    assert found.proven is not None, f"no line {PROVEN!r}"
    assert min(one.at for one in found.reached) > found.proven - 1, "a user was served before the proof had ended"
    assert scene.serves() == found.release
    assert scene.weights() == {group: 100 - weight for group, weight in before.items()}, "the groups take turns"
    assert scene.tasks() == 2
    nothing_to_do(scene)


@pytest.mark.parametrize("version", first_always(BAD))
def test_a_bad_version_reaches_no_user(scene: Scene, version: str) -> None:
    edit, said = BAD[version]
    before, weights = scene.stage.service()["taskDefinition"], scene.weights()
    found = scene.deploy(version, edit)
    assert found.finished.code != 0, found.finished.output
    assert said in found.finished.output
    assert "no user reached" in found.finished.output
    assert "Traceback" not in found.finished.output
    unseen(found)
    assert scene.serves() == found.before
    assert scene.weights() == weights
    assert scene.stage.service()["taskDefinition"] == before


@pytest.mark.soak
def test_the_next_good_version_is_deployed_after_bad_ones(scene: Scene) -> None:
    found = scene.deploy("good again")
    assert found.finished.code == 0, found.finished.output
    assert found.failed == []
    assert scene.serves() == found.release
    nothing_to_do(scene)
