"""A target is what its health checks say, and requests go where AWS sends them."""

from __future__ import annotations

import urllib.error
from typing import Any

import pytest

from tests.e2e.cloud.stage import Stage, get, until


def address_of(stage: Stage, environment: dict[str, str]) -> str:
    """The address of a running task with this environment."""
    definition = stage.task_definition(
        stage.push("1"), environment=[{"name": name, "value": value} for name, value in environment.items()]
    )
    task = stage.in_state(stage.run(definition), "RUNNING")
    details: list[dict[str, Any]] = task["attachments"][0]["details"]
    return next(str(one["value"]) for one in details if one["name"] == "privateIPv4Address")


def test_states_reasons_and_fail_open(stage: Stage) -> None:
    sick, well = address_of(stage, {"LIVE_STATUS": "503"}), address_of(stage, {})
    name, group = stage.load_balancer(interval=30)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        get(f"http://{name}/")

    stage.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": sick, "Port": 8080}])
    assert stage.states(group)[0][0] == "initial"
    with pytest.raises(urllib.error.HTTPError, match="503"):
        get(f"http://{name}/")
    until(lambda: stage.states(group) == [("unhealthy", "Target.ResponseCodeMismatch")], 30)
    described = stage.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]
    assert described["TargetHealth"]["Description"] == "Health checks failed with these codes: [503]"
    # Nobody is healthy: the load balancer fails open.
    assert get(f"http://{name}/").startswith("version 1")

    stage.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": well, "Port": 8080}, {"Id": well, "Port": 8081}])
    until(lambda: ("healthy", "") in stage.states(group), 20)
    until(lambda: ("unhealthy", "Target.FailedHealthChecks") in stage.states(group), 30)
    for _ in range(10):
        get(f"http://{name}/")

    stage.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": well, "Port": 8080}])
    assert ("draining", "Target.DeregistrationInProgress") in stage.states(group)


def test_a_group_without_a_listener_is_unused(stage: Stage) -> None:
    group = stage.elb.create_target_group(
        Name=stage.name("lonely"), Protocol="HTTP", Port=8080, VpcId="vpc-1", TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    stage.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": stage.cloud.host, "Port": 9}])
    until(lambda: stage.states(group) == [("unused", "Target.NotInUse")], 10)
    with pytest.raises(
        stage.ecs.exceptions.InvalidParameterException, match="does not have an associated load balancer"
    ):
        stage.service(stage.task_definition(stage.push("1")), group)


def test_a_load_balancer_without_a_listener_refuses(stage: Stage) -> None:
    made = stage.elb.create_load_balancer(Name=stage.name("silent"), Subnets=["subnet-1"])["LoadBalancers"][0]
    with pytest.raises(urllib.error.URLError, match="refused"):
        get(f"http://{made['DNSName']}/")
    stage.elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
