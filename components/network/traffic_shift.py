"""What ECS shifts traffic with: a second target group, and two listener rules between which it moves the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.target_group import TargetGroupArgs, alternate_name, target_group
from sluice import sdk as gate

TEST_HEADER = "X-Sluice-Test"
HEADER_LENGTH = 40
"""Letters and digits of the header's random value. A listener rule compares them in any case, and takes up to 128
("Condition types for listener rules" in the Elastic Load Balancing user guide)."""

TEST_PRIORITY, PRODUCTION_PRIORITY = 1, 2
"""Of the rules of a listener of the stack's own. The lower number is matched first."""

Action = aws.lb.ListenerRuleActionArgsDict
Condition = aws.lb.ListenerRuleConditionArgsDict


@dataclass(frozen=True)
class TestHeader:
    """The request header that leads to the new version before users do.

    Attributes:
        value: random. Who may describe the listener's rules can read it: it keeps users out, it is no lock.
    """

    __test__ = False  # no test, whatever pytest thinks of its name

    name: str
    value: pulumi.Output[str]


@dataclass(frozen=True)
class TrafficShift:
    """Two target groups and two rules. ECS writes their weights; nothing else may.

    Attributes:
        primary, alternate: the target groups.
        production: the rule that users' requests match.
        test: the rule that requests with the header match.
        header: of these requests.
    """

    primary: aws.lb.TargetGroup
    alternate: aws.lb.TargetGroup
    production: aws.lb.ListenerRule
    test: aws.lb.ListenerRule
    header: TestHeader

    @property
    def groups(self) -> list[aws.lb.TargetGroup]:
        """Primary and alternate."""
        return [self.primary, self.alternate]

    @property
    def rules(self) -> list[aws.lb.ListenerRule]:
        """Production and test."""
        return [self.production, self.test]


def alternate_group(name: str, args: TargetGroupArgs, opts: pulumi.ResourceOptions) -> aws.lb.TargetGroup:
    """The second target group, equal to the first: each is production in turn."""
    return target_group(alternate_name(name), args, opts)


def shared_between(primary: aws.lb.TargetGroup, alternate: aws.lb.TargetGroup) -> list[Action]:
    """The production rule's action, as ECS wants to find it: every request to one group, none to the other.

    Source: "Application Load Balancer resources for blue/green, linear, and canary deployments" in the Amazon ECS
    developer guide.
    """
    groups: list[aws.lb.ListenerRuleActionForwardTargetGroupArgsDict] = [
        {"arn": primary.arn, "weight": 1},
        {"arn": alternate.arn, "weight": 0},
    ]
    return [{"type": "forward", "forward": {"target_groups": groups}}]


def written_by_ecs(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Options of a rule whose weights ECS writes. The whole `actions` are ignored: paths below them do not work."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["actions"]))


def traffic_shift(
    name: str,
    listener: pulumi.Input[str],
    groups: tuple[aws.lb.TargetGroup, aws.lb.TargetGroup],
    production: aws.lb.ListenerRule,
    priority: int,
    conditions: Sequence[Condition],
    opts: pulumi.ResourceOptions,
) -> TrafficShift:
    """Adds the test rule to a production rule.

    Args:
        listener: ARN of the listener that both rules belong to.
        groups: primary and alternate.
        priority: of the test rule: a lower number than the production rule's.
        conditions: of the production rule that test traffic must meet, too.
        opts: of every resource.
    """
    primary, alternate = groups
    header = TestHeader(TEST_HEADER, gate.RandomText(f"{name}-test-header", length=HEADER_LENGTH, opts=opts).text)
    asked: Condition = {"http_header": {"http_header_name": header.name, "values": [header.value]}}
    test = aws.lb.ListenerRule(
        f"{name}-test",
        listener_arn=listener,
        priority=priority,
        conditions=[*conditions, asked],
        actions=[{"type": "forward", "target_group_arn": alternate.arn}],
        # ECS may have led it to the primary group, which can be deleted only after the rule.
        opts=pulumi.ResourceOptions.merge(written_by_ecs(opts), pulumi.ResourceOptions(depends_on=[primary])),
    )
    return TrafficShift(primary, alternate, production, test, header)
