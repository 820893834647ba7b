"""Who may do what, and who may talk to whom, in the program as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.components.program import ACCOUNT, Deployed

Deploy = Callable[..., Deployed]


def statements(policy: str) -> list[dict[str, Any]]:
    """A policy's statements, with lists where a single text is allowed."""
    return [
        one
        | {key: [one[key]] if isinstance(one[key], str) else one[key] for key in ("Action", "Resource") if key in one}
        for one in json.loads(policy)["Statement"]
    ]


class TestRoles:
    """Each role does what its tasks need, on what they need it for."""

    def test_only_the_registry_login_is_about_everything(self, deploy: Deploy) -> None:
        policies = [one.inputs["policy"] for one in deploy().all("RolePolicy")]
        wide = [
            one for policy in policies for one in statements(policy) if any(part == "*" for part in one["Resource"])
        ]
        assert [one["Action"] for one in wide] == [["ecr:GetAuthorizationToken"]] * 2

    def test_no_action_is_a_pattern(self, deploy: Deploy) -> None:
        actions = [
            action
            for policy in deploy().all("RolePolicy")
            for one in statements(policy.inputs["policy"])
            for action in one["Action"]
        ]
        assert actions
        assert [action for action in actions if "*" in action] == []

    @pytest.mark.parametrize("kind", ["migration", "service"])
    def test_execution_role_reads_and_writes_its_own(self, deploy: Deploy, kind: str) -> None:
        policy = deploy().one("RolePolicy", f"{kind}-execution").inputs["policy"]
        allowed = {action: one["Resource"] for one in statements(policy) for action in one["Action"]}
        assert allowed["secretsmanager:GetSecretValue"] == [
            f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:rds!db-1-AbC"
        ]
        [log_group] = allowed["logs:PutLogEvents"]
        assert log_group.endswith(f"LogGroup/sluice-test-{kind}:*")
        [repository] = allowed["ecr:BatchGetImage"]
        assert repository.endswith("Repository/sluice-test")

    def test_task_roles_allow_nothing(self, deploy: Deploy) -> None:
        assert {one.name for one in deploy().all("RolePolicy")} == {
            "sluice-test-migration-execution",
            "sluice-test-service-execution",
        }

    def test_roles_are_for_tasks_of_this_account_and_region(self, deploy: Deploy) -> None:
        roles = list(deploy().all("iam/role:Role"))
        assert len(roles) == 4
        for role in roles:
            [one] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
            assert one["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
            assert one["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
            assert one["Condition"]["ArnLike"] == {"aws:SourceArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:*"}

    def test_tasks_wait_for_what_their_role_may_do(self, deploy: Deploy) -> None:
        deployed = deploy()
        for kind in ("migration", "service"):
            policy = deployed.one("RolePolicy", f"{kind}-execution")
            definition = next(
                one for one in deployed.all("ecs/taskDefinition:TaskDefinition") if one.name.endswith(kind)
            )
            assert policy.urn in definition.dependencies


class TestFirewall:
    """Internet → load balancer → service → database ← migration, and nothing else."""

    def test_only_the_load_balancer_is_open_to_addresses(self, deploy: Deploy) -> None:
        rules = [one.inputs for one in deploy().all("SecurityGroupIngressRule")]
        opened = [(one["securityGroupId"], one["fromPort"], one["toPort"]) for one in rules if "cidrIpv4" in one]
        assert opened == [("sluice-test-load-balancer-SecurityGroup-id", 80, 80)]

    def test_the_way_in_is_exactly_this(self, deploy: Deploy, config: dict[str, Any]) -> None:
        rules = [one.inputs for one in deploy(app=config["app"] | {"port": 9000}).all("SecurityGroupIngressRule")]
        paths = {
            (role(one["referencedSecurityGroupId"]), role(one["securityGroupId"]), one["fromPort"], one["toPort"])
            for one in rules
            if "referencedSecurityGroupId" in one
        }
        assert paths == {
            ("load-balancer", "service", 9000, 9000),
            ("service", "database", 5432, 5432),
            ("migration", "database", 5432, 5432),
        }

    def test_groups_have_no_rules_of_their_own(self, deploy: Deploy) -> None:
        groups = deploy().all("securityGroup:SecurityGroup")
        assert len(groups) == 4
        assert [one.name for one in groups if {"ingress", "egress"} & set(one.inputs)] == []

    def test_a_migration_reaches_the_database_and_https_only(self, deploy: Deploy) -> None:
        rules = [one.inputs for one in deploy().all("SecurityGroupEgressRule")]
        ports = {one["fromPort"] for one in rules if role(one["securityGroupId"]) == "migration"}
        assert ports == {443, 5432}

    def test_the_database_opens_no_connection(self, deploy: Deploy) -> None:
        rules = [one.inputs for one in deploy().all("SecurityGroupEgressRule")]
        assert "database" not in {role(one["securityGroupId"]) for one in rules}

    def test_tasks_wait_for_their_way_out(self, deploy: Deploy) -> None:
        deployed = deploy()
        run, service = deployed.one("MigrationRun"), deployed.one("ecs/service:Service")
        for one in deployed.all("SecurityGroupEgressRule"):
            if "migration" in one.name:
                assert one.urn in run.dependencies
            if "service-to" in one.name:
                assert one.urn in service.dependencies
        assert deployed.one("ec2/route:Route").urn in run.dependencies
        assert deployed.one("SecurityGroupIngressRule", "migration-to-database").urn in run.dependencies


class TestNetwork:
    """Public subnets for load balancer and tasks, isolated ones for the database, over several zones."""

    def test_zones_are_the_first_by_name(self, deploy: Deploy) -> None:
        subnets = deploy().all("Subnet")
        zones = {one.inputs["availabilityZone"] for one in subnets}
        assert zones == {"eu-central-1a", "eu-central-1b"}
        assert len(subnets) == 4
        assert {tuple(one.ignored) for one in subnets} == {("availabilityZone",)}

    def test_the_database_subnets_have_no_way_out(self, deploy: Deploy) -> None:
        deployed = deploy()
        assert deployed.one("ec2/route:Route").inputs["routeTableId"] == "sluice-test-public-RouteTable-id"
        tables = {one.inputs["subnetId"]: one.inputs["routeTableId"] for one in deployed.all("RouteTableAssociation")}
        for subnet in deployed.one("SubnetGroup").inputs["subnetIds"]:
            assert tables[subnet] == "sluice-test-database-RouteTable-id"

    def test_tasks_and_load_balancer_share_the_public_subnets(self, deploy: Deploy) -> None:
        deployed = deploy(network={"zones": 3})
        service = deployed.one("ecs/service:Service").inputs["networkConfiguration"]
        run = deployed.one("MigrationRun").inputs["network"]
        balancer = deployed.one("lb/loadBalancer:LoadBalancer")
        assert service["subnets"] == run["subnets"] == balancer.inputs["subnets"]
        assert len(run["subnets"]) == 3
        assert service["assignPublicIp"] is run["assignPublicIp"] is True

    def test_names_resolve_inside(self, deploy: Deploy) -> None:
        vpc = deploy().one("Vpc").inputs
        assert vpc["enableDnsSupport"] is vpc["enableDnsHostnames"] is True


def role(security_group: str) -> str:
    """What a security group of the mocks is for."""
    return security_group.removeprefix("sluice-test-").removesuffix("-SecurityGroup-id")
