"""Checks whether a load balancer's listener forwards requests to a target group.

IAM: elasticloadbalancing:DescribeTargetGroups, elasticloadbalancing:DescribeListeners and
elasticloadbalancing:DescribeRules on ``*``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from sluice.aws.found import Absent, Present


def forwarded(elb: Any, group: str, service: Collection[str] = ()) -> Present | Absent:
    """Return whether requests can reach a target group, by its ARN. Rules are read only where no default action
    forwards.

    Args:
        service: ARNs of all target groups of its service.

    Raises:
        ClientError: AWS's error; ``TargetGroupNotFound`` when the group does not exist.
    """
    described = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    balancers = described.get("LoadBalancerArns") or []
    if not balancers:
        return Absent("no load balancer uses the target group")
    found = [
        listener
        for balancer in balancers
        for listener in _pages(elb.describe_listeners, "Listeners", LoadBalancerArn=balancer)
    ]
    if forwards(group, found, service):
        return Present()
    rules = (
        rule for listener in found for rule in _pages(elb.describe_rules, "Rules", ListenerArn=listener["ListenerArn"])
    )
    return Present() if forwards(group, rules, service) else Absent("no listener forwards to the target group")


def forwards(group: str, rules: Iterable[Mapping[str, Any]], service: Collection[str] = ()) -> bool:
    """Return whether a rule or default action sends requests to the target group. Source: ELBv2 Action.

    A group with weight 0 counts where another group of the same *service* gets the requests of the action: with a
    strategy other than rolling the service has two groups, and each is production in turn.
    """
    for rule in rules:
        for action in rule.get("Actions") or rule.get("DefaultActions") or []:
            weighted = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
            serving = {one.get("TargetGroupArn") for one in weighted if int(one.get("Weight", 1)) > 0}
            in_turn = {one.get("TargetGroupArn") for one in weighted} if serving & {*service} else set()
            if action.get("Type") == "forward" and group in {action.get("TargetGroupArn"), *serving, *in_turn}:
                return True
    return False


def _pages(call: Callable[..., Mapping[str, Any]], key: str, **request: Any) -> Iterator[Mapping[str, Any]]:
    while True:
        answer = call(**request)
        yield from answer[key]
        if not (marker := answer.get("NextMarker")):
            return
        request["Marker"] = marker
