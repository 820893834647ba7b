"""What a rollout that shifts traffic needs before it begins, for `sluice preflight`. Read only.

IAM: ecs:DescribeServices on the service; ecs:DescribeServiceRevisions on its revisions;
elasticloadbalancing:DescribeRules and elasticloadbalancing:DescribeTargetHealth on ``*``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sluice.cli.checks import failed, passed, skipped
from sluice.inputs.strategy import Header, Strategy
from sluice.rollout.deployment.service import Service
from sluice.rollout.strategy.lifecycle.hooks import own_stages, wrong_hooks
from sluice.rollout.strategy.lifecycle.weights import described, serving_groups, wrong_weights

PAUSES, WEIGHTS, HEADER = "pauses of the service", "weights of the production rule", "header of the test rule"
ACTIONS = (
    "ecs:ContinueServiceDeployment",
    "ecs:StopServiceDeployment",
    "ecs:ListServiceDeployments",
    "ecs:DescribeServiceDeployments",
    "ecs:DescribeServiceRevisions",
    "elasticloadbalancing:DescribeRules",
    "cloudwatch:GetMetricData",
)
"""What the gate calls for a strategy other than rolling."""


def traffic_checks(strategy: Strategy, service: Service, ask: Callable[[str, Callable[[], Any]], Any]) -> Iterator[Any]:
    """Yield the checks of a stack with a strategy.

    Args:
        ask: runs a check by name; skips it where access is denied.
    """
    seen = service.describe()
    if seen is None:
        yield skipped(PAUSES, "there is no service yet: `pulumi up` creates it")
        return
    why = wrong_hooks(seen, strategy)
    fix = ". Fix: run `pulumi up --refresh` without --target"
    yield failed(PAUSES, why + fix) if why else passed(PAUSES, ", ".join(own_stages(strategy)))
    yield ask(WEIGHTS, lambda: _weights(strategy, service, seen))
    yield ask(HEADER, lambda: _header(service.shift.header(strategy.test_rule)))


def _weights(strategy: Strategy, service: Service, seen: Mapping[str, Any]) -> Any:
    weights = service.shift.weights(strategy.production_rule)
    serving = serving_groups(weights)
    if len(seen.get("deployments") or ()) > 1:
        return skipped(WEIGHTS, f"a deployment is in progress ({described(weights)})")
    healthy = service.targets(serving[0]).states.get("healthy", 0) if len(serving) == 1 else None
    revisions = [str(one.get("arn") or "") for one in seen.get("currentServiceRevisions") or ()]
    believed = service.shift.group_of(revisions[0]) if len(revisions) == 1 else ""
    if why := wrong_weights(strategy, weights, believed, healthy):
        return failed(WEIGHTS, f"{why}. Fix: set them back with `aws elbv2 modify-rule`")
    return passed(WEIGHTS, described(weights))


def _header(found: Header | None) -> Any:
    if found is None:
        return failed(HEADER, "it matches no header. Fix: run `pulumi up --refresh` without --target")
    return passed(HEADER, found.name)
