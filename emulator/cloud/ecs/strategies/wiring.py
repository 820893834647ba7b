"""How a service that shifts traffic must be wired to its listener rules. Pure.

AWS, "Troubleshooting Amazon ECS blue/green deployments", "Application Load Balancer resources for blue/green
deployments" (developer guide): what the request already shows is refused at once, what a rule holds when the deployment
begins rolls it back. ECS counts the groups that serve, and does not compare them with the revision that it believes to
serve (aws/containers-roadmap#2853).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.cloud.ecs.strategies.steps import ROLLING

_INVALID = "of invalid networking configuration"


@dataclasses.dataclass(frozen=True)
class Rule:
    """A listener rule as it is now.

    Attributes:
        groups: the weight of each target group that it forwards to.
        forwards: it does nothing but forward.
    """

    groups: Mapping[str, int]
    forwards: bool = True


@dataclasses.dataclass(frozen=True)
class Wires:
    """One load balancer of a service with an advanced configuration: the ARNs that it names.

    Attributes:
        primary: targetGroupArn.
        alternate: alternateTargetGroupArn.
        production: productionListenerRule.
        test: testListenerRule; empty when there is none.
        role: roleArn.
    """

    primary: str
    alternate: str
    production: str
    test: str
    role: str

    def groups(self) -> tuple[str, str]:
        """Both target groups."""
        return self.primary, self.alternate

    def other(self, group: str | None) -> str:
        """The group that a new revision gets while the one before it is in `group`. A first revision gets the
        alternate one (observed on AWS: cdk-real-drift#1730; the developer guide says the primary one)."""
        return self.primary if group == self.alternate else self.alternate


def wires(balancers: Sequence[Mapping[str, Any]]) -> tuple[Wires, ...]:
    """The load balancers that have an advanced configuration."""
    return tuple(
        Wires(
            str(one.get("targetGroupArn") or ""),
            str(advanced.get("alternateTargetGroupArn") or ""),
            str(advanced.get("productionListenerRule") or ""),
            str(advanced.get("testListenerRule") or ""),
            str(advanced.get("roleArn") or ""),
        )
        for one in balancers
        if (advanced := one.get("advancedConfiguration"))
    )


def refusal(balancers: Sequence[Mapping[str, Any]], strategy: str, rules: Mapping[str, Rule]) -> str | None:
    """Why CreateService or UpdateService refuses these load balancers; None when it does not.

    Args:
        balancers: loadBalancers of the request.
        strategy: of the deployment configuration.
        rules: those that exist, by ARN.
    """
    advanced = [one for one in balancers if one.get("advancedConfiguration")]
    if any(one.get("loadBalancerName") for one in advanced):
        return "advancedConfiguration field is not allowed with ELBv1 loadBalancers"
    if advanced and len(advanced) < len(balancers):
        return "Either all or none of the provided loadBalancers must have advancedConfiguration defined"
    if balancers and not advanced and strategy != ROLLING:
        return (
            "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy"
        )
    taken: set[str] = set()
    for one in wires(balancers):
        for name, arn in (("productionListenerRule", one.production), ("testListenerRule", one.test)):
            if (arn or name == "productionListenerRule") and ":listener-rule/app/" not in arn:
                return f"{name} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: {arn}"
        if one.production == one.test:
            return f"The following rules cannot be used as both production and test listener rules: {one.test}"
        if not one.alternate or not one.role:
            return "alternateTargetGroupArn and roleArn are required in advancedConfiguration"
        for group in one.groups():
            if group in taken:
                return f"Duplicate targetGroupArn found: {group}"
            taken.add(group)
        production = rules.get(one.production)
        if not one.test and production is not None and not set(one.groups()) <= set(production.groups):
            return (
                "For Application LoadBalancer, testListenerRule is required when productionListenerRule is not "
                "associated with both targetGroup and alternateTargetGroup"
            )
    return None


def mistake(one: Wires, rules: Mapping[str, Rule]) -> str | None:
    """Why a deployment that begins now is rolled back, in AWS's words after "because"; None when it is not."""
    for name, arn in (("productionListenerRule", one.production), ("testListenerRule", one.test)):
        if arn and arn not in rules:
            return f"{_INVALID}. {name} {arn} does not exist"
        if arn and not rules[arn].forwards:
            return f"{_INVALID}. {name} {arn} must have forward actions only"
    production = rules[one.production].groups
    for group in production:
        if group not in one.groups():
            return (
                f"{_INVALID}. Production listener rule is forwarding traffic to unexpected target group {group}. "
                f"Expected traffic to be forwarded to either targetGroupArn: {one.primary} or alternateTargetGroupArn: "
                f"{one.alternate}"
            )
    serving = [group for group, weight in production.items() if weight]
    if len(serving) != 1:
        return (
            f"{_INVALID}. productionListenerRule {one.production} should have exactly one target group serving traffic "
            f"but found {len(serving)} target groups which are serving traffic"
        )
    test = rules[one.test].groups if one.test else {}
    for group in one.groups():
        if group not in production and group not in test:
            return (
                f"{_INVALID}: Target group {group} is not associated with either productionListenerRule or "
                "testListenerRule."
            )
    return None
