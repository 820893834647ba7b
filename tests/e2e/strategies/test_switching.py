"""From a strategy back to rolling and forth again, in the steps that AWS asks for, while users ask all the time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.strategies.scene import Scene
from tests.e2e.strategies.test_deploy_blue_green import BAD, nothing_to_do

pytestmark = pytest.mark.soak


def configured(scene: Scene) -> str:
    """The strategy that the service has, in ECS's words."""
    return str(scene.stage.service()["deploymentConfiguration"].get("strategy", "ROLLING"))


def wiring(scene: Scene) -> dict[str, Any]:
    """What the service's load balancer is wired with."""
    [balancer] = scene.stage.service()["loadBalancers"]
    return dict(balancer.get("advancedConfiguration") or {})


def step(scene: Scene, strategy: str, *options: str) -> str:
    """One `pulumi up` with other settings and the same application, during which no request fails. Returns its
    output."""
    scene.choose(strategy)
    with scene.users() as callers:
        finished = scene.stage.pulumi("up", "--yes", "--skip-preview", *options)
    assert [one for one in callers.stop() if one.failed] == []
    return finished.output


def refused(scene: Scene, strategy: str, reason: str) -> None:
    """A `pulumi up` with other settings is refused before anything changes."""
    before = scene.stage.service()["deployments"][0]["id"]
    scene.choose(strategy)
    finished = scene.stage.up(expect=None)
    assert finished.code != 0
    assert reason in finished.output
    assert "Traceback" not in finished.output
    assert scene.stage.service()["deployments"][0]["id"] == before


def on_primary(scene: Scene) -> bool:
    """Whether users are in the group that stays when the service rolls again."""
    primary = scene.outputs["gate"]["strategy"]["targetGroups"][0]
    return scene.weights().get(primary, 0) > 0


def test_back_to_rolling(scene: Scene) -> None:
    scene.choose("blueGreen")
    for _ in range(2):
        scene.deploy("good, before rolling")
        if on_primary(scene):
            break
    assert on_primary(scene)
    refused(scene, "rolling", "users may be in the second group")
    step(scene, "wired")
    assert configured(scene) == "ROLLING"
    step(scene, "rolling", "--refresh")
    assert wiring(scene) == {}
    assert len(scene.stage.client("elbv2").describe_target_groups()["TargetGroups"]) == 1
    nothing_to_do(scene)


@pytest.mark.parametrize("version", BAD)
def test_rolling_for_comparison(scene: Scene, version: str) -> None:
    """The same bad versions: users reach them until the smoke request has failed and ECS has rolled back."""
    scene.choose("rolling")
    edit, said = BAD[version]
    found = scene.deploy(version, edit)
    assert found.finished.code != 0, found.finished.output
    assert said in found.finished.output
    assert found.failed == []
    assert scene.serves() == found.before


def test_to_a_strategy_in_two_steps(scene: Scene) -> None:
    scene.choose("rolling")
    assert scene.deploy("good, rolling").finished.code == 0
    refused(scene, "blueGreen", "rolls with one target group")
    step(scene, "wired")
    assert configured(scene) == "ROLLING"
    assert {*wiring(scene)} == {"alternateTargetGroupArn", "productionListenerRule", "testListenerRule", "roleArn"}
    nothing_to_do(scene)
    output = step(scene, "blueGreen")
    assert configured(scene) == "BLUE_GREEN"
    assert "started, " not in output, "the strategy alone deploys nothing"
    found = scene.deploy("good, the first with the strategy")
    assert found.finished.code == 0, found.finished.output
    assert found.failed == []
    assert scene.serves() == found.release
    nothing_to_do(scene)
