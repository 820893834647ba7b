"""A target group belongs to the load balancer whose listener or rule forwards to it, and to none when nothing does.

AWS, TargetGroup.LoadBalancerArns (Elastic Load Balancing API reference): MiniStack notes it for the default action of a
new listener only, so that ECS would refuse a service behind a rule ("does not have an associated load balancer").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import alb

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings

_CHANGING = ("CreateListener", "ModifyListener", "DeleteListener", "CreateRule", "ModifyRule", "DeleteRule")


def install(settings: Settings) -> None:
    """Look again after everything that changes where listeners lead; installed after what replaces these operations."""
    for operation in _CHANGING:
        replace_operation(alb, operation, _followed(alb._ACTION_MAP[operation]))


CORRECTION = Correction(
    rule="A target group belongs to the load balancer whose listener or rule forwards to it.",
    fault="A target group behind a rule belongs to no load balancer.",
    ministack="1.5.33",
    install=install,
)


def _followed(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def changed(params: dict[str, Any]) -> Any:
        answer = change(params)
        refresh()
        return answer

    return changed


def refresh() -> None:
    """Note for every target group which load balancers forward to it now."""
    for arn, group in list(alb._tgs.items()):
        group["LoadBalancerArns"] = sorted(set(balancers(arn)))


def balancers(group: str) -> Iterator[str]:
    """The load balancers that forward to a group. Every listener has a rule for its default action."""
    for rule in list(alb._rules.values()):
        listener = alb._listeners.get(rule.get("ListenerArn", ""))
        if listener is None:
            continue
        for action in rule.get("Actions") or []:
            weighted = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
            if group in (action.get("TargetGroupArn"), *(one.get("TargetGroupArn") for one in weighted)):
                yield str(listener["LoadBalancerArn"])
