"""Where load balancer, tasks and database are, who may talk to whom, how tasks get out: the program as a whole."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.network.subnets import ranges
from tests.components.program import ACCOUNT, Deployed, Registered

Deploy = Callable[..., Deployed]

PUBLIC = {"egress": "public"}
EXISTING = {
    "vpc": "vpc-0123456789abcdef0",
    "publicSubnets": ["subnet-00000001", "subnet-00000002"],
    "taskSubnets": ["subnet-00000011", "subnet-00000012"],
    "databaseSubnets": ["subnet-00000021", "subnet-00000022"],
}
NEEDED = {"ecr.api", "ecr.dkr", "logs", "secretsmanager"}

GROUPS_OF_A_RULE = ("securityGroupId", "referencedSecurityGroupId")
"""Its own group and the one at the other end: what AWS evaluates, whatever the rule's resource is called."""


def group(security_group: str) -> str:
    """What a security group of the mocks is for."""
    return security_group.removeprefix("sluice-test-").removesuffix("-SecurityGroup-id")


def peers(deployed: Deployed, direction: str) -> set[tuple[str, str, str, int | str | None]]:
    """Every rule: whose it is, who is at the other end, protocol, port."""
    found: set[tuple[str, str, str, int | str | None]] = set()
    for rule in deployed.all(f"SecurityGroup{direction}Rule"):
        given = rule.inputs
        first, last = given.get("fromPort"), given.get("toPort")
        other = group(given.get("referencedSecurityGroupId") or given.get("cidrIpv4") or given["prefixListId"])
        ports = first if first == last else f"{first:.0f}-{last:.0f}"
        found.add((group(given["securityGroupId"]), other, given["ipProtocol"], ports))
    return found


def services(deployed: Deployed) -> dict[str, Registered]:
    """The VPC endpoints, by the service they lead to."""
    return {
        one.inputs["serviceName"].removeprefix("com.amazonaws.eu-central-1."): one
        for one in deployed.all("vpcEndpoint:VpcEndpoint")
    }


def tables(deployed: Deployed) -> dict[str, str]:
    """The route table of every subnet."""
    return {one.inputs["subnetId"]: one.inputs["routeTableId"] for one in deployed.all("RouteTableAssociation")}


class TestFirewall:
    """Internet → load balancer → service → database ← migration, and nothing else."""

    def test_only_the_load_balancer_is_open_to_addresses(self, deploy: Deploy) -> None:
        rules = [one.inputs for one in deploy().all("SecurityGroupIngressRule")]
        opened = [(one["securityGroupId"], one["fromPort"], one["toPort"]) for one in rules if "cidrIpv4" in one]
        assert opened == [("sluice-test-load-balancer-SecurityGroup-id", 80, 80)]

    @pytest.mark.parametrize("port", [8080, 9000])
    def test_the_way_in_is_exactly_this(self, deploy: Deploy, config: dict[str, Any], port: int) -> None:
        """Whatever `app.port` is: tasks of the port before must be reached until they are gone."""
        deployed = deploy(app=config["app"] | {"port": port})
        assert peers(deployed, "Ingress") == {
            ("load-balancer", "0.0.0.0/0", "tcp", 80),
            ("service", "load-balancer", "tcp", "0-65535"),
            ("database", "service", "tcp", 5432),
            ("database", "migration", "tcp", 5432),
        }

    @pytest.mark.parametrize("egress", ["public", "nat", "natPerZone"])
    def test_the_way_out_is_exactly_this(self, deploy: Deploy, egress: str) -> None:
        assert peers(deploy(network={"egress": egress}), "Egress") == {
            ("load-balancer", "service", "tcp", "0-65535"),
            ("service", "database", "tcp", 5432),
            ("service", "0.0.0.0/0", "-1", None),
            ("migration", "database", "tcp", 5432),
            ("migration", "0.0.0.0/0", "tcp", 443),
        }

    def test_with_endpoints_nobody_reaches_an_address_outside(self, deploy: Deploy) -> None:
        deployed = deploy(network={"egress": "endpoints"})
        assert peers(deployed, "Egress") == {
            ("load-balancer", "service", "tcp", "0-65535"),
            ("service", "database", "tcp", 5432),
            ("service", "endpoints", "tcp", 443),
            ("service", "pl-s3", "tcp", 443),
            ("migration", "database", "tcp", 5432),
            ("migration", "endpoints", "tcp", 443),
            ("migration", "pl-s3", "tcp", 443),
        }
        assert {rule for rule in peers(deployed, "Ingress") if rule[0] == "endpoints"} == {
            ("endpoints", "service", "tcp", 443),
            ("endpoints", "migration", "tcp", 443),
        }

    def test_groups_have_no_rules_of_their_own(self, deploy: Deploy) -> None:
        groups = deploy().all("securityGroup:SecurityGroup")
        assert len(groups) == 4
        assert [one.name for one in groups if {"ingress", "egress"} & set(one.inputs)] == []


class TestWayOut:
    """No task starts before it can reach what it needs."""

    def test_tasks_wait_for_their_rules(self, deploy: Deploy) -> None:
        deployed = deploy(network={"egress": "endpoints"})
        run, service = deployed.one("MigrationRun"), deployed.one("ecs/service:Service")
        rules = [one for way in ("Egress", "Ingress") for one in deployed.all(f"SecurityGroup{way}Rule")]
        ends = {one.urn: {group(one.inputs.get(end) or "") for end in GROUPS_OF_A_RULE} for one in rules}
        for owner, task, count in (("migration", run, 5), ("service", service, 7)):
            needed = {urn for urn, groups in ends.items() if owner in groups}
            assert len(needed) == count, owner
            assert needed <= set(task.dependencies), owner

    def test_in_public_subnets_with_an_address_of_their_own(self, deploy: Deploy) -> None:
        deployed = deploy(network=PUBLIC | {"zones": 3})
        service = deployed.one("ecs/service:Service").inputs["networkConfiguration"]
        run = deployed.one("MigrationRun")
        balancer = deployed.one("lb/loadBalancer:LoadBalancer")
        assert service["subnets"] == run.inputs["network"]["subnets"] == balancer.inputs["subnets"]
        assert len(service["subnets"]) == 3
        assert service["assignPublicIp"] is run.inputs["network"]["assignPublicIp"] is True
        assert deployed.one("ec2/route:Route").urn in run.dependencies
        assert deployed.all("NatGateway") == deployed.all("vpcEndpoint:VpcEndpoint") == []

    @pytest.mark.parametrize(("egress", "gateways"), [("nat", 1), ("natPerZone", 3)])
    def test_through_nat_gateways(self, deploy: Deploy, egress: str, gateways: int) -> None:
        deployed = deploy(network={"egress": egress, "zones": 3})
        made = sorted(deployed.all("NatGateway"), key=lambda one: one.name)
        assert len(made) == len(deployed.all("ec2/eip:Eip")) == gateways
        public = deployed.one("lb/loadBalancer:LoadBalancer").inputs["subnets"]
        assert [one.inputs["subnetId"] for one in made] == public[:gateways]
        run, service = deployed.one("MigrationRun"), deployed.one("ecs/service:Service")
        placed = run.inputs["network"]["subnets"]
        assert placed == service.inputs["networkConfiguration"]["subnets"]
        assert set(placed).isdisjoint(public)
        assert run.inputs["network"]["assignPublicIp"] is False
        routes = {
            one.inputs["routeTableId"]: one for one in deployed.all("ec2/route:Route") if "natGatewayId" in one.inputs
        }
        ways = [routes[tables(deployed)[subnet]] for subnet in placed]
        assert len({one.urn for one in ways}) == 3, "every zone has a route table of its own"
        assert {one.inputs["natGatewayId"] for one in ways} == {f"{one.name}-NatGateway-id" for one in made}
        assert {one.urn for one in ways} <= set(run.dependencies) & set(service.dependencies)

    def test_a_gateway_waits_for_the_way_to_the_internet(self, deploy: Deploy) -> None:
        deployed = deploy(network={"egress": "nat"})
        assert deployed.one("ec2/route:Route", "-internet").urn in deployed.one("NatGateway").dependencies

    def test_through_endpoints(self, deploy: Deploy) -> None:
        deployed = deploy(network={"egress": "endpoints", "endpoints": ["sqs"]})
        endpoints = services(deployed)
        assert set(endpoints) == NEEDED | {"s3", "sqs"}
        run, service = deployed.one("MigrationRun"), deployed.one("ecs/service:Service")
        placed = run.inputs["network"]["subnets"]
        for name, endpoint in endpoints.items():
            given = endpoint.inputs
            assert endpoint.urn in set(run.dependencies) & set(service.dependencies)
            if name == "s3":
                assert given["vpcEndpointType"] == "Gateway"
                assert set(given["routeTableIds"]) == {tables(deployed)[subnet] for subnet in placed}
            else:
                assert given["vpcEndpointType"] == "Interface"
                assert given["privateDnsEnabled"] is True
                assert given["subnetIds"] == placed
                assert [group(one) for one in given["securityGroupIds"]] == ["endpoints"]
        assert [one.name for one in deployed.all("ec2/route:Route")] == ["sluice-test-internet"]
        assert deployed.all("NatGateway") == []

    def test_endpoints_carry_nothing_out_with_others_credentials(self, deploy: Deploy) -> None:
        """What comes with another account's credentials passes none of them; the layers of images come from ECR's."""
        endpoints = services(deploy(network={"egress": "endpoints", "endpoints": ["sqs"]}))
        own = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}
        for name in NEEDED:
            [said] = json.loads(endpoints[name].inputs["policy"])["Statement"]
            assert (said["Effect"], said["Condition"]) == ("Allow", own)
        ours, layers = json.loads(endpoints["s3"].inputs["policy"])["Statement"]
        assert ours["Condition"] == own
        assert layers["Action"] == "s3:GetObject"
        assert layers["Resource"] == "arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/*"
        assert "policy" not in endpoints["sqs"].inputs, "not every service knows policies"

    def test_where_the_internet_is_reached_s3_is_not_closed(self, deploy: Deploy) -> None:
        assert "policy" not in services(deploy(network={"egress": "nat"}))["s3"].inputs

    @pytest.mark.parametrize(("environment", "gateways"), [("local", 0), ("dev", 0), ("staging", 1), ("prod", 2)])
    def test_where_the_settings_leave_it_open(self, deploy: Deploy, environment: str, gateways: int) -> None:
        deployed = deploy(environment=environment)
        assert len(deployed.all("NatGateway")) == gateways
        assert deployed.one("MigrationRun").inputs["network"]["assignPublicIp"] is (gateways == 0)


class TestSubnets:
    """Public ones for the load balancer, private ones for tasks, isolated ones for the database, in several zones."""

    def test_zones_are_the_first_by_name(self, deploy: Deploy) -> None:
        subnets = deploy().all("Subnet")
        zones = {one.inputs["availabilityZone"] for one in subnets}
        assert zones == {"eu-central-1a", "eu-central-1b"}
        assert len(subnets) == 6
        assert {tuple(one.ignored) for one in subnets} == {("availabilityZone",)}

    def test_the_database_has_no_way_out(self, deploy: Deploy) -> None:
        deployed = deploy()
        leading_somewhere = {one.inputs["routeTableId"] for one in deployed.all("ec2/route:Route")}
        leading_somewhere |= {table for one in services(deployed).values() for table in one.inputs["routeTableIds"]}
        for subnet in deployed.one("SubnetGroup").inputs["subnetIds"]:
            assert tables(deployed)[subnet] not in leading_somewhere

    def test_names_resolve_inside(self, deploy: Deploy) -> None:
        vpc = deploy().one("Vpc").inputs
        assert vpc["enableDnsSupport"] is vpc["enableDnsHostnames"] is True

    @pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.1.4.0/22"])
    def test_ranges_never_overlap_nor_move(self, cidr: str) -> None:
        divided = [ranges(cidr, zones) for zones in (2, 3, 4)]
        for fewer, more in itertools.pairwise(divided):
            for tier in ("public", "tasks", "database"):
                assert getattr(more, tier)[: len(getattr(fewer, tier))] == getattr(fewer, tier)
        whole = divided[-1]
        assert len({*whole.public, *whole.tasks, *whole.database}) == 12


class TestExisting:
    """An existing network is used and not changed."""

    def test_only_security_groups_are_made_in_it(self, deploy: Deploy) -> None:
        deployed = deploy(network=EXISTING)
        made = {one.type for one in deployed.resources if one.type.startswith(("aws:ec2/", "aws:vpc/"))}
        assert {kind.rpartition(":")[2] for kind in made} == {
            "SecurityGroup",
            "SecurityGroupIngressRule",
            "SecurityGroupEgressRule",
        }
        assert {one.inputs["vpcId"] for one in deployed.all("securityGroup:SecurityGroup")} == {EXISTING["vpc"]}
        assert deployed.one("lb/targetGroup:TargetGroup").inputs["vpcId"] == EXISTING["vpc"]

    @pytest.mark.parametrize("public", [False, True])
    def test_each_is_where_the_settings_say(self, deploy: Deploy, public: bool) -> None:
        deployed = deploy(network=EXISTING | {"assignPublicIp": public})
        run = deployed.one("MigrationRun").inputs["network"]
        service = deployed.one("ecs/service:Service").inputs["networkConfiguration"]
        assert run["subnets"] == service["subnets"] == EXISTING["taskSubnets"]
        assert run["assignPublicIp"] is service["assignPublicIp"] is public
        assert deployed.one("lb/loadBalancer:LoadBalancer").inputs["subnets"] == EXISTING["publicSubnets"]
        assert deployed.one("SubnetGroup").inputs["subnetIds"] == EXISTING["databaseSubnets"]
