"""The web application firewall before the stack's own load balancer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi_aws as aws

VENDOR = "AWS"


@dataclass(frozen=True)
class WafArgs:
    """Inputs of Waf.

    Attributes:
        balancer_arn: of the load balancer that it protects.
        rate_limit: requests of one address within five minutes; None for no limit.
        managed_rules: AWS's groups of rules to `block` or `count`.
    """

    balancer_arn: pulumi.Input[str]
    rate_limit: int | None
    managed_rules: Mapping[str, str]


class Waf(pulumi.ComponentResource):
    """A web ACL that allows what no rule blocks.

    Outputs: arn.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: WafArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Waf", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        acl = aws.wafv2.WebAcl(
            name,
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=cast(Sequence[aws.wafv2.WebAclRuleArgsDict], rules(name, args.rate_limit, args.managed_rules)),
            visibility_config=cast(aws.wafv2.WebAclVisibilityConfigArgsDict, _visible(name)),
            opts=child,
        )
        aws.wafv2.WebAclAssociation(name, web_acl_arn=acl.arn, resource_arn=args.balancer_arn, opts=child)
        self.arn = acl.arn
        self.register_outputs({"arn": self.arn})


def rules(name: str, rate_limit: int | None, managed: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rules in the order in which WAF asks them. The rate limit comes first: what it refuses costs nothing more."""
    found: list[dict[str, Any]] = []
    if rate_limit is not None:
        found.append(
            {
                "name": "rate-limit",
                "action": {"block": {}},
                "statement": {"rate_based_statement": {"limit": rate_limit, "aggregate_key_type": "IP"}},
            }
        )
    for group, effect in managed.items():
        found.append(
            {
                "name": group,
                # A group's rules have actions of their own, which stand or are all turned into counting.
                "override_action": {"count": {}} if effect == "count" else {"none": {}},
                "statement": {"managed_rule_group_statement": {"name": group, "vendor_name": VENDOR}},
            }
        )
    return [
        {**rule, "priority": place, "visibility_config": _visible(f"{name}-{rule['name']}")}
        for place, rule in enumerate(found)
    ]


def _visible(metric: str) -> dict[str, Any]:
    return {"cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True, "metric_name": metric}
