"""Blue/green on a listener that others use too, end to end: two rules for one host name, and nothing else changes."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.cloud import emulator
from tests.e2e.stage import Stage
from tests.e2e.strategies.scene import SETTINGS, Scene
from tests.e2e.strategies.table import Row
from tests.e2e.strategies.test_deploy_blue_green import nothing_to_do

pytestmark = pytest.mark.soak

HOST, OTHER = "shop.example.com", "other.example.com"
PRIORITY, TEST_PRIORITY, OTHER_PRIORITY = 40, 39, 10


def network(stage: Stage) -> dict[str, Any]:
    """A VPC with four subnets, and a security group in it."""
    ec2 = stage.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{number}.0/24", AvailabilityZone=f"us-east-1{'ab'[number % 2]}")[
            "Subnet"
        ]["SubnetId"]
        for number in range(4)
    ]
    group = ec2.create_security_group(GroupName="shared", Description="of the shared load balancer", VpcId=vpc)
    return {"vpc": vpc, "subnets": subnets, "group": group["GroupId"]}


def listener(stage: Stage, there: dict[str, Any]) -> str:
    """ARN of the listener of a load balancer that serves another host name already."""
    elb = stage.client("elbv2")
    balancer = elb.create_load_balancer(Name="shared", Subnets=there["subnets"][:2], SecurityGroups=[there["group"]])
    made = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    elb.create_rule(
        ListenerArn=made,
        Priority=OTHER_PRIORITY,
        Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": [OTHER]}}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "202", "MessageBody": "other"}}],
    )
    return str(made)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> Iterator[Scene]:
    """A stack of its own in a network that is there, first deployed with `approve: manual`."""
    folder = tmp_path_factory.mktemp("existing")
    try:
        stage = Stage(folder)
        there = network(stage)
        tasks, databases = ", ".join(there["subnets"][:2]), ", ".join(there["subnets"][2:])
        salt = next(line for line in stage.settings.read_text().splitlines() if line.startswith("encryptionsalt:"))
        settings = SETTINGS.format(app=stage.app, salt=salt, strategy="{strategy}") + (
            f"  network: {{vpc: {there['vpc']}, taskSubnets: [{tasks}], databaseSubnets: [{databases}]}}\n"
            f"  loadBalancer: {{listener: '{listener(stage, there)}', priority: {PRIORITY},"
            f" testPriority: {TEST_PRIORITY}, host: {HOST}}}\n"
        )
        # The salt stands outside of `config`: what belongs into it comes first.
        settings = settings.replace(f"{salt}\n", "") + f"{salt}\n"
        made = Scene(stage, settings, rows, HOST)
        made.choose("blueGreen", "approve: manual")
        made.release()
        stage.up()
        yield made
    finally:
        emulator.stop(folder / "local")


def rules(scene: Scene) -> dict[str, Any]:
    """The listener's rules by priority, without the production rule's weights, which ECS writes."""
    arn = scene.outputs["gate"]["strategy"]["productionRule"]
    made = arn.replace(":listener-rule/", ":listener/").rpartition("/")[0]
    found = scene.stage.client("elbv2").describe_rules(ListenerArn=made)["Rules"]
    return {str(one["Priority"]): {key: one[key] for key in ("RuleArn", "Conditions")} for one in found}


def status(scene: Scene, host: str) -> int:
    """Of the answer to a request for this host name."""
    address, _, port = str(scene.outputs["address"]).partition(":")
    connection = http.client.HTTPConnection(address, int(port), timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_first_version_waits_for_nobodys_approval(shared: Scene) -> None:
    """The commands that approve know a stack by its outputs, which there are after its first `pulumi up`."""
    assert shared.outputs["url"] == f"http://{HOST}"
    assert {*rules(shared)} == {str(OTHER_PRIORITY), str(TEST_PRIORITY), str(PRIORITY), "default"}
    shared.choose("blueGreen")
    shared.stage.up()
    nothing_to_do(shared)


def test_a_good_version_is_released_beside_the_others(shared: Scene) -> None:
    shared.choose("blueGreen")
    before, weights = rules(shared), shared.weights()
    found = shared.deploy("good, on an existing listener")
    assert found.finished.code == 0, found.finished.output
    assert found.failed == []
    assert found.strangers == []
    assert found.proven is not None
    assert min(one.at for one in found.reached) > found.proven - 1, "a user was served before the proof had ended"
    assert shared.serves() == found.release
    assert shared.weights() == {group: 100 - weight for group, weight in weights.items()}
    assert rules(shared) == before
    assert (status(shared, OTHER), status(shared, "nobody.example.com")) == (202, 404)
    nothing_to_do(shared)
