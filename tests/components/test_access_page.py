"""The page about access, and whether the deploy role's grants fit the names that the program gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from bootstrap.deployers import BOUNDARY, DEPLOY
from components.network.target_group import alternate_name, short
from tests.components.access import PAGE, REGION, STACKS, graphs, page, scope, shifting
from tests.components.program import ACCOUNT, Deployed, Registered

NAMES = {
    "cloudwatch/dashboard:Dashboard": ("cloudwatch:PutDashboard", "cloudwatch::dashboard/{dashboardName}"),
    "cloudwatch/eventRule:EventRule": ("events:PutRule", "events:rule/{name}"),
    "cloudwatch/logGroup:LogGroup": ("logs:CreateLogGroup", "logs:log-group:{name}"),
    "cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch:PutMetricAlarm", "cloudwatch:alarm:{name}"),
    "ecr/repository:Repository": ("ecr:CreateRepository", "ecr:repository/{name}"),
    "ecs/cluster:Cluster": ("ecs:CreateCluster", "ecs:cluster/{name}"),
    "ecs/service:Service": ("ecs:CreateService", "ecs:service/sluice-{stack}-1a2b3c4/{name}"),
    "ecs/taskDefinition:TaskDefinition": ("ecs:RegisterTaskDefinition", "ecs:task-definition/{family}:1"),
    "iam/role:Role": ("iam:CreateRole", "iam::role{path}{name}"),
    "lb/loadBalancer:LoadBalancer": ("elasticloadbalancing:CreateLoadBalancer",
                                     "elasticloadbalancing:loadbalancer/app/{name}/50dc6c495c0c9188"),
    "lb/targetGroup:TargetGroup": ("elasticloadbalancing:CreateTargetGroup",
                                   "elasticloadbalancing:targetgroup/{name}/50dc6c495c0c9188"),
    "rds/instance:Instance": ("rds:CreateDBInstance", "rds:db:{identifier}"),
    "rds/parameterGroup:ParameterGroup": ("rds:CreateDBParameterGroup", "rds:pg:{name}"),
    "rds/subnetGroup:SubnetGroup": ("rds:CreateDBSubnetGroup", "rds:subgrp:{name}"),
    "secretsmanager/secret:Secret": ("secretsmanager:CreateSecret", "secretsmanager:secret:{name}-AbCdEf"),
    "sns/topic:Topic": ("sns:CreateTopic", "sns:{name}"),
}  # fmt: skip
"""How a resource is created and what its ARN says, by type: those that are known by their names."""


@pytest.fixture(scope="module")
def stacks() -> dict[str, Deployed]:
    return graphs()


def test_the_page_is_up_to_date(stacks: dict[str, Deployed]) -> None:
    assert PAGE.read_text() == page(stacks), "make access"


def named(deployed: Deployed) -> Iterator[tuple[Registered, str, str]]:
    """The resources that are known by their names, how they are made, and the form of their ARNs."""
    for one in deployed.resources:
        for kind, (action, form) in NAMES.items():
            if one.type == f"aws:{kind}":
                yield one, action, form


@pytest.mark.parametrize("stack", STACKS)
def test_the_deploy_role_may_make_what_the_program_names(stacks: dict[str, Deployed], stack: str) -> None:
    makes(stacks[stack], stack)


def test_the_deploy_role_may_make_what_a_strategy_needs() -> None:
    makes(shifting("staging"), "staging")


def makes(deployed: Deployed, stack: str) -> None:
    """Fails when the deploy role may not make a resource under its name."""
    granted = [one for grant in DEPLOY.values() for one in grant(scope(stack))]
    found = list(named(deployed))
    assert len({one.type for one, _, _ in found}) >= 10
    for one, action, form in found:
        # Pulumi appends a hyphen and seven characters to the names that the program leaves to it.
        names = dict.fromkeys(("name", "identifier", "family", "dashboardName"), f"{one.name}-1a2b3c4")
        service, _, rest = form.format(**(names | one.inputs), stack=stack).partition(":")
        arn = f"arn:aws:{service}:{'' if rest.startswith(':') else REGION}:{ACCOUNT}:{rest.removeprefix(':')}"
        assert any(
            action in part.actions and any(fnmatchcase(arn, pattern) for pattern in part.resources) for part in granted
        ), f"{action} on {arn}"


def test_the_boundary_lets_ecs_do_all_that_the_infrastructure_role_says() -> None:
    deployed = shifting("staging")
    policy = json.loads(deployed.one("iam/rolePolicy:RolePolicy", "infrastructure").inputs["policy"])
    bounded = {action for one in BOUNDARY(scope("staging")) for action in one.actions}
    asked = {action for one in policy["Statement"] for action in listed(one["Action"])}
    assert asked <= bounded


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("project", ["sluice", "a-project-of-twenty", "a-project-whose-name-is-rather-long"])
def test_grants_know_the_names_of_both_target_groups(project: str) -> None:
    """Short names share one pattern; of longer ones each has its own."""
    limits = replace(scope("staging"), project=project)
    for name in (short(limits.name), alternate_name(limits.name)):
        arn = limits.arn("elasticloadbalancing", f"targetgroup/{name}-1a2b3c4/50dc6c495c0c9188")
        assert len(f"{name}-1a2b3c4") <= 32
        assert any(fnmatchcase(arn, pattern) for pattern in limits.target_groups), name
