"""What CreateService and UpdateService refuse at once in a deployment configuration. Pure.

AWS, DeploymentConfiguration, CanaryConfiguration, LinearConfiguration, DeploymentLifecycleHook (ECS API reference),
"Troubleshooting Amazon ECS blue/green deployments" and "Pause lifecycle hooks" (developer guide); that a linear
deployment without a load balancer is a ClientException was seen on AWS (terraform-aws-modules/terraform-aws-ecs#377).
Texts that no page has are ours. The local cloud runs no functions, so it refuses hooks that would call one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from emulator.cloud.ecs.strategies import stages
from emulator.cloud.ecs.strategies.hooks import AWS_LAMBDA, CONTINUE, PAUSE, ROLLBACK
from emulator.cloud.ecs.strategies.steps import BLUE_GREEN, CANARY, LINEAR, ROLLING, SHIFTING, strategy_of

PAUSE_STAGES = (
    stages.RECONCILE_SERVICE, stages.PRE_SCALE_UP, stages.POST_SCALE_UP, stages.POST_TEST_SHIFT,
    stages.PRE_PRODUCTION_SHIFT, stages.POST_PRODUCTION_SHIFT,
)  # fmt: skip
LONGEST_PAUSE_MINUTES, LONGEST_BAKE_MINUTES, MOST_PAUSES = 20160, 1440, 10
SMALLEST_CANARY, SMALLEST_STEP = 0.1, 3.0
KEPT = ("strategy", "bakeTimeInMinutes", "lifecycleHooks", "canaryConfiguration", "linearConfiguration")
"""Members that stay where UpdateService does not name them (hashicorp/terraform-provider-aws#47096)."""
_STEPS = {"canaryConfiguration": CANARY, "linearConfiguration": LINEAR}
_PARAMETER, _CLIENT, _UNSUPPORTED = "InvalidParameterException", "ClientException", "UnsupportedFeatureException"

Refusal = tuple[str, str]
"""AWS's code and its text."""


def merged(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration after UpdateService. The steps of another strategy than the one from now on go."""
    strategy = strategy_of({**before, **change})
    kept = [name for name in KEPT if name in before and _STEPS.get(name, strategy) == strategy]
    return {**{name: before[name] for name in kept}, **change}


def refusal(configuration: Mapping[str, Any], balancers: Sequence[Mapping[str, Any]]) -> Refusal | None:
    """Why a service with this configuration and these load balancers is refused; None when it is not."""
    strategy = strategy_of(configuration)
    if strategy not in (ROLLING, *SHIFTING):
        return _PARAMETER, f"Invalid strategy {strategy}. Valid values are: ROLLING, BLUE_GREEN, LINEAR, CANARY"
    for checks in (_hooks(configuration), _minutes(configuration, strategy), _steps(configuration, strategy)):
        for one in checks:
            return one
    if strategy in (CANARY, LINEAR) and not balancers:
        return _CLIENT, f"The {strategy} deployment strategy requires a load balancer."
    if strategy != ROLLING and (configuration.get("earlySuccessCriteria") or {}).get("enable"):
        return _PARAMETER, "earlySuccessCriteria is only valid with the ROLLING deployment strategy"
    return None


def _hooks(configuration: Mapping[str, Any]) -> Iterator[Refusal]:
    hooks = configuration.get("lifecycleHooks") or ()
    if sum(one.get("targetType") == PAUSE for one in hooks) > MOST_PAUSES:
        yield _PARAMETER, f"A service can have at most {MOST_PAUSES} pause hooks"
    for one in hooks:
        kind = one.get("targetType", AWS_LAMBDA)
        if kind == AWS_LAMBDA:
            yield _UNSUPPORTED, "the local cloud runs no functions: an AWS_LAMBDA lifecycle hook cannot be called here"
        if kind != PAUSE:
            yield _PARAMETER, "Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE"
        if not one.get("lifecycleStages") or any(stage not in PAUSE_STAGES for stage in one["lifecycleStages"]):
            yield _PARAMETER, "Invalid lifecycle stage provided for Pause Hook"
        timeout = one.get("timeoutConfiguration") or {}
        yield from _range("timeoutInMinutes", timeout.get("timeoutInMinutes"), 1, LONGEST_PAUSE_MINUTES)
        if timeout.get("action", ROLLBACK) not in (ROLLBACK, CONTINUE):
            yield _PARAMETER, "Invalid timeout action. Valid values are: ROLLBACK, CONTINUE"


def _minutes(configuration: Mapping[str, Any], strategy: str) -> Iterator[Refusal]:
    bake = configuration.get("bakeTimeInMinutes")
    if strategy == BLUE_GREEN and bake is None:
        yield _PARAMETER, "bakeTimeInMinutes is required with the BLUE_GREEN deployment strategy"
    yield from _range("bakeTimeInMinutes", bake, 0, LONGEST_BAKE_MINUTES)


def _steps(configuration: Mapping[str, Any], strategy: str) -> Iterator[Refusal]:
    for owner, member, share, smallest, pause in (
        (CANARY, "canaryConfiguration", "canaryPercent", SMALLEST_CANARY, "canaryBakeTimeInMinutes"),
        (LINEAR, "linearConfiguration", "stepPercent", SMALLEST_STEP, "stepBakeTimeInMinutes"),
    ):
        made = configuration.get(member)
        if not made:
            continue
        if strategy != owner:
            yield _PARAMETER, f"{member} is only valid with the {owner} deployment strategy"
        yield from _range(share, made.get(share), smallest, 100.0, _tenth)
        yield from _range(pause, made.get(pause), 0, LONGEST_BAKE_MINUTES)


def _range(
    name: str, value: Any, low: float, high: float, fits: Callable[[float], bool] | None = None
) -> Iterator[Refusal]:
    if value is None:
        return
    if not low <= float(value) <= high:
        yield _PARAMETER, f"{name} must be between {low} and {high}, not {value}"
    elif fits is not None and not fits(float(value)):
        yield _PARAMETER, f"{name} must be a multiple of 0.1, not {value}"


def _tenth(value: float) -> bool:
    return abs(value * 10 - round(value * 10)) < 1e-6
