"""The page about access, and whether the deploy role's grants fit the names that the program gives."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from bootstrap.deployers import DEPLOY
from tests.components.access import PAGE, REGION, STACKS, graphs, page, scope
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
    granted = [one for grant in DEPLOY.values() for one in grant(scope(stack))]
    found = list(named(stacks[stack]))
    assert len({one.type for one, _, _ in found}) >= 10
    for one, action, form in found:
        # Pulumi appends a hyphen and seven characters to the names that the program leaves to it.
        names = dict.fromkeys(("name", "identifier", "family", "dashboardName"), f"{one.name}-1a2b3c4")
        service, _, rest = form.format(**(names | one.inputs), stack=stack).partition(":")
        arn = f"arn:aws:{service}:{'' if rest.startswith(':') else REGION}:{ACCOUNT}:{rest.removeprefix(':')}"
        assert any(
            action in part.actions and any(fnmatchcase(arn, pattern) for pattern in part.resources) for part in granted
        ), f"{action} on {arn}"
