"""The guard: a deployment that the gate did not start starts no task, and ECS rolls it back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.stage import until
from tests.e2e.strategies.scene import Scene
from tests.e2e.strategies.test_deploy_blue_green import nothing_to_do

ENDED = ("ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED", "SUCCESSFUL")


def newest(scene: Scene) -> dict[str, Any]:
    """ECS's newest record of a deployment of the service."""
    ecs, outputs = scene.stage.client("ecs"), scene.outputs
    listed = ecs.list_service_deployments(cluster=outputs["cluster"], service=outputs["service"])["serviceDeployments"]
    arn = max(listed, key=lambda one: one["createdAt"])["serviceDeploymentArn"]
    return dict(ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0])


@pytest.mark.soak  # against the emulator alone: tests/e2e/cloud/test_shifts_that_fail.py
def test_a_deployment_from_outside_starts_no_task_and_is_rolled_back(scene: Scene) -> None:
    scene.choose("guarded")
    assert scene.deploy("good, with the guard").finished.code == 0
    nothing_to_do(scene)
    before, weights, outputs = scene.serves(), scene.weights(), scene.outputs
    known = newest(scene)["serviceDeploymentArn"]
    tasks = running(scene)
    with scene.users() as callers:
        # As the console's "force new deployment" or another pipeline does.
        scene.stage.client("ecs").update_service(
            cluster=outputs["cluster"], service=outputs["service"], forceNewDeployment=True
        )
        until(lambda: newest(scene)["serviceDeploymentArn"] != known, 20, "ECS begins the deployment")
        until(lambda: newest(scene).get("lifecycleStage") == "PRE_SCALE_UP", 20, "it pauses before any task starts")
        until(lambda: newest(scene)["status"] in ENDED, 90, "ECS rolls it back when its pause times out")
    assert newest(scene)["status"] == "ROLLBACK_SUCCESSFUL"
    assert "timed out" in newest(scene)["statusReason"]
    assert running(scene) == tasks, "no task was started or stopped"
    assert [one for one in callers.stop() if one.failed or one.release != before] == []
    assert scene.weights() == weights
    found = scene.deploy("good, after a deployment from outside")
    assert found.finished.code == 0, found.finished.output
    assert found.failed == []


def running(scene: Scene) -> set[str]:
    """ARNs of the service's tasks that run."""
    outputs = scene.outputs
    answer = scene.stage.client("ecs").list_tasks(cluster=outputs["cluster"], serviceName=outputs["service"])
    return {str(arn) for arn in answer["taskArns"]}
