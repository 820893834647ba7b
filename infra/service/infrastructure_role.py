"""The role by which ECS itself changes listener rules and target groups while it shifts traffic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.ordering import after
from infra.tasks.access import Standing, role

DESCRIBES = (
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)
"""Know no resource ("Actions, resources, and condition keys for Elastic Load Balancing V2" in the Service Authorization
Reference)."""


def trust() -> str:
    """Lets ECS take the role ("Amazon ECS infrastructure IAM role for load balancers" in the Amazon ECS developer
    guide, which names no condition)."""
    return policies.document(
        {"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )


def policy(target_groups: Sequence[str], rules: Sequence[str]) -> str:
    """What AWS's AmazonECSInfrastructureRolePolicyForLoadBalancers (version 6) allows on every load balancer of the
    account, on these target groups and rules alone. ModifyListener is left out: ECS changes the listener of a Network
    Load Balancer, and the rules of an Application Load Balancer.

    Args:
        target_groups: ARNs of both.
        rules: ARNs of the production rule and the test rule.
    """
    statements: list[dict[str, Any]] = [
        {"Sid": "Describe", "Effect": "Allow", "Action": list(DESCRIBES), "Resource": "*"},
        {
            "Sid": "Targets",
            "Effect": "Allow",
            "Action": ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
            "Resource": list(target_groups),
        },
        {
            "Sid": "Rules",
            "Effect": "Allow",
            "Action": "elasticloadbalancing:ModifyRule",
            "Resource": list(rules),
        },
    ]
    return policies.document(*statements)


class InfrastructureRole(pulumi.ComponentResource):
    """ECS takes it in its own name; no task and no deployer does.

    Outputs:
        arn: known only when the policy is attached, so that no deployment starts before ECS may shift its traffic, and
            the policy outlives the service.
    """

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        standing: Standing,
        target_groups: Sequence[pulumi.Input[str]],
        rules: Sequence[pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:infra:InfrastructureRole", name, None, opts)
        made = role(f"{name}-infrastructure", trust(), f"By which ECS shifts the traffic of {name}", standing, self)
        attached = aws.iam.RolePolicy(
            f"{name}-infrastructure",
            role=made.name,
            policy=pulumi.Output.all(groups=list(target_groups), rules=list(rules)).apply(
                lambda known: policy(known["groups"], known["rules"])
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = after(made.arn, attached.id)
        self.register_outputs({"arn": self.arn})
