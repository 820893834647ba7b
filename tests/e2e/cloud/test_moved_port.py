"""A service moves to another container port behind one target group, and a rollback brings the port back."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest

from tests.e2e.cloud.stage import Caller, Stage, until


def listening(stage: Stage, image: str, port: int) -> str:
    """A revision whose container listens on this port."""
    return stage.task_definition(
        image,
        environment=[{"name": "PORT", "value": str(port)}],
        portMappings=[{"containerPort": port, "protocol": "tcp"}],
    )


def ports(stage: Stage, group: str) -> set[int]:
    """Of the targets that are not leaving."""
    found = stage.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return {one["Target"]["Port"] for one in found if one["TargetHealth"]["State"] != "draining"}


def test_one_target_group_serves_two_ports_while_a_service_moves(stage: Stage) -> None:
    image = stage.push("1")
    address, group = stage.load_balancer()
    first, second = (listening(stage, image, port) for port in (8080, 9090))
    created = stage.service(first, group, count=1)
    name = created["serviceName"]
    stage.completed(name, created["deployments"][0]["id"])
    moved = [{"targetGroupArn": group, "containerName": "app", "containerPort": 9090}]

    def update(**change: Any) -> str:
        answer = stage.ecs.update_service(cluster=stage.cluster, service=name, **change)["service"]
        return str(answer["deployments"][0]["id"])

    # Neither half can go alone: AWS compares the port with the revision's.
    for half in ({"taskDefinition": second}, {"loadBalancers": moved}):
        with pytest.raises(botocore.exceptions.ClientError, match="did not have a container port"):
            update(**half)
    assert len(stage.described(name)["deployments"]) == 1

    with Caller(f"http://{address}/") as caller:
        until(lambda: len(caller.answers) > 5, 20)
        roll = update(taskDefinition=second, loadBalancers=moved)
        stage.completed(name, roll)
        assert ports(stage, group) == {9090}
        assert stage.described(name)["loadBalancers"] == moved

        back = update(
            taskDefinition=first,
            loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
        )
        deployment = stage.ecs.list_service_deployments(cluster=stage.cluster, service=name)["serviceDeployments"][0]
        assert deployment["targetServiceRevisionArn"].endswith(back.partition("/")[2])
        stage.ecs.stop_service_deployment(serviceDeploymentArn=deployment["serviceDeploymentArn"], stopType="ROLLBACK")
        returned = stage.described(name)
        assert (returned["taskDefinition"], returned["loadBalancers"]) == (second, moved)
        stage.completed(name, returned["deployments"][0]["id"])
        assert ports(stage, group) == {9090}
        seen = len(caller.answers)
        until(lambda: len(caller.answers) > seen + 10, 20)
    assert caller.failures == []
    stage.delete(name)
