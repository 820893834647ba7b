"""The listener rules that ECS reads and writes while it shifts traffic.

AWS, "Application Load Balancer resources for blue/green deployments" (developer guide): ECS changes the weights of the
two target groups in the production rule, and in the test rule; the weights are in steps.py. Only the rule's actions
change. MiniStack has no such deployments.
"""

from __future__ import annotations

from typing import Any

from ministack.services import alb

from emulator.cloud.ecs.strategies.steps import weights
from emulator.cloud.ecs.strategies.wiring import Rule, Wires
from emulator.cloud.elb import associations


def existing() -> dict[str, Rule]:
    """Every listener rule of the account, by ARN."""
    return {arn: _rule(rule) for arn, rule in list(alb._rules.items())}


def shift(one: Wires, rule: str, green: str, percent: float) -> None:
    """Send this share of a rule's traffic to a target group, and the rest to the other one.

    Args:
        one: the load balancer.
        rule: the rule's ARN.
        green: the target group of the new revision.
        percent: its share.

    Raises:
        KeyError: the rule was deleted.
    """
    share, rest = weights(percent)
    groups = [{"TargetGroupArn": arn, "Weight": share if arn == green else rest} for arn in one.groups()]
    record = alb._rules[rule]
    kept = next((action.get("ForwardConfig") or {} for action in record["Actions"]), {})
    sticky = kept.get("TargetGroupStickinessConfig") or {"Enabled": False}
    forward = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
    record["Actions"] = [{"Type": "forward", "Order": 1, "ForwardConfig": forward}]
    associations.refresh()


def _rule(rule: dict[str, Any]) -> Rule:
    groups: dict[str, int] = {}
    actions = rule.get("Actions") or []
    for action in actions:
        for one in (action.get("ForwardConfig") or {}).get("TargetGroups") or ():
            groups[one["TargetGroupArn"]] = int(one.get("Weight", 1))
        if action.get("TargetGroupArn"):
            groups.setdefault(action["TargetGroupArn"], 1)
    return Rule(groups, bool(actions) and all(action.get("Type") == "forward" for action in actions))
