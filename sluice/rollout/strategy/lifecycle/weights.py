"""Where a listener rule sends its requests. Pure.

ECS does not compare the live weights with its own record before it shifts traffic: after an edit by hand, a deployment
could move users to an empty target group. So the gate compares them first.
Sources: ELB API reference, ForwardActionConfig; "Troubleshooting blue/green deployments"; aws/containers-roadmap#2853.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sluice.inputs.strategy import Strategy

Weights = Mapping[str, int]
"""Target group ARN to weight."""


def weights_of(rule: Mapping[str, Any]) -> dict[str, int]:
    """The weights of a rule's forward action; empty when it forwards to no target group."""
    for action in rule.get("Actions") or ():
        if action.get("Type") != "forward":
            continue
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or ()
        if groups:
            return {str(one["TargetGroupArn"]): int(one.get("Weight", 1)) for one in groups}
        return {str(action["TargetGroupArn"]): 1} if action.get("TargetGroupArn") else {}
    return {}


def serving_groups(weights: Weights) -> tuple[str, ...]:
    """The target groups that get requests."""
    return tuple(group for group, weight in weights.items() if weight > 0)


def wrong_weights(strategy: Strategy, weights: Weights, believed: str, healthy: int | None) -> str:
    """Why ECS must not shift traffic from these weights; empty when it may.

    Args:
        weights: of the production rule.
        believed: ARN of the target group that ECS's service revision says; empty: it does not say.
        healthy: healthy targets of the group that serves; None: not known.
    """
    serving = serving_groups(weights)
    foreign = [group for group in serving if group not in strategy.target_groups]
    if foreign:
        return f"the production rule forwards to {short_group(foreign[0])}, which is no target group of this service"
    if len(serving) != 1:
        return f"the production rule sends users to {len(serving)} target groups ({described(weights)}); ECS needs one"
    if believed and serving[0] != believed:
        return (
            f"the production rule sends users to {short_group(serving[0])}, but ECS last deployed to "
            f"{short_group(believed)}: the weights were changed outside ECS"
        )
    if healthy == 0:
        return f"the production rule sends users to {short_group(serving[0])}, which has no healthy target"
    return ""


def described(weights: Weights) -> str:
    """``NAME 90, NAME 10``."""
    return ", ".join(f"{short_group(group)} {weight}" for group, weight in weights.items()) or "no target group"


def short_group(arn: str) -> str:
    """The name of a target group, from its ARN (``…:targetgroup/NAME/ID``)."""
    parts = arn.split("/")
    return parts[-2] if len(parts) > 2 else arn


def header_of(rule: Mapping[str, Any]) -> tuple[str, str] | None:
    """Name and value of the header that a test rule matches; None when it matches none."""
    conditions: Sequence[Mapping[str, Any]] = rule.get("Conditions") or ()
    for one in conditions:
        found = one.get("HttpHeaderConfig") or {}
        values = found.get("Values") or ()
        if found.get("HttpHeaderName") and values:
            return str(found["HttpHeaderName"]), str(values[0])
    return None
