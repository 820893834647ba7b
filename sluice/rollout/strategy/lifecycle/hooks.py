"""The pauses that a service's configuration must have: without them ECS moves users before the proof. Pure.

DescribeServices was seen to show a PAUSE hook without its type and timeout (non-97/ecs-native-blue-green, 2026-05). So
a hook without a Lambda function counts as a pause.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.inputs.strategy import Strategy
from sluice.rollout.strategy.lifecycle.service_deployment import LAMBDA
from sluice.rollout.strategy.lifecycle.stages import POST_TEST, PRE_PRODUCTION, PRE_SCALE_UP


def own_stages(strategy: Strategy) -> tuple[str, ...]:
    """The stages at which the gate has a pause of its own."""
    guard = (PRE_SCALE_UP,) if strategy.guard else ()
    return (*guard, POST_TEST, *((PRE_PRODUCTION,) if strategy.steps else ()))


def wrong_hooks(service: Mapping[str, Any], strategy: Strategy) -> str:
    """Why a service's lifecycle hooks do not hold a deployment for the gate; empty when they do."""
    hooks = (service.get("deploymentConfiguration") or {}).get("lifecycleHooks") or ()
    pauses = [one for one in hooks if one.get("targetType") != LAMBDA and not one.get("hookTargetArn")]
    for stage in own_stages(strategy):
        found = [one for one in pauses if stage in (one.get("lifecycleStages") or ())]
        if not found:
            return f"it has no PAUSE hook at {stage}: ECS would not wait there for the gate's proof"
        if len(found) > 1:
            return f"it has {len(found)} PAUSE hooks at {stage}: the gate cannot tell which one is its own"
        action = (found[0].get("timeoutConfiguration") or {}).get("action", "ROLLBACK")
        if action != "ROLLBACK":
            return f"its PAUSE hook at {stage} goes on by itself when it times out ({action}); it must be ROLLBACK"
    return ""
