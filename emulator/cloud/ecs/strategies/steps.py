"""How much production traffic each step of a strategy moves, and the weights that a listener rule gets for it. Pure.

AWS, "Amazon ECS canary deployments" and "linear deployments" (developer guide): a canary has two steps, its percentage
and 100; a linear deployment adds the same percentage until 100. The weights 100 and 0 were seen on AWS (aws-cdk-real-
drift), 950 and 50 at 5 percent too: a share between 0 and 100 percent is written in tenths of a percent, as weights are
whole numbers from 0 to 999.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ROLLING, BLUE_GREEN, CANARY, LINEAR = "ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"
SHIFTING = (BLUE_GREEN, CANARY, LINEAR)
DEFAULT_CANARY_PERCENT, DEFAULT_STEP_PERCENT = 5.0, 10.0
DEFAULT_CANARY_MINUTES, DEFAULT_STEP_MINUTES = 10, 6


def strategy_of(configuration: Mapping[str, Any]) -> str:
    """The strategy that a deployment configuration names; ROLLING by default."""
    return str(configuration.get("strategy") or ROLLING)


def production_steps(configuration: Mapping[str, Any]) -> tuple[float, ...]:
    """The share of production traffic on the new revision after each step, in percent; the last one is 100."""
    strategy = strategy_of(configuration)
    if strategy == CANARY:
        first = _tenths((configuration.get("canaryConfiguration") or {}).get("canaryPercent"), DEFAULT_CANARY_PERCENT)
        return tuple(dict.fromkeys((first / 10, 100.0)))
    if strategy == LINEAR:
        each = _tenths((configuration.get("linearConfiguration") or {}).get("stepPercent"), DEFAULT_STEP_PERCENT)
        return (*(done / 10 for done in range(each, 1000, each)), 100.0)
    return (100.0,)


def step_minutes(configuration: Mapping[str, Any]) -> float:
    """Minutes between two steps."""
    strategy = strategy_of(configuration)
    if strategy == CANARY:
        canary = configuration.get("canaryConfiguration") or {}
        return float(canary.get("canaryBakeTimeInMinutes", DEFAULT_CANARY_MINUTES))
    if strategy == LINEAR:
        linear = configuration.get("linearConfiguration") or {}
        return float(linear.get("stepBakeTimeInMinutes", DEFAULT_STEP_MINUTES))
    return 0.0


def weights(percent: float) -> tuple[int, int]:
    """The weights of the new revision's target group and of the old one's, for the new one's share in percent."""
    if percent in (0.0, 100.0):
        return int(percent), 100 - int(percent)
    share = round(percent * 10)
    return share, 1000 - share


def _tenths(percent: Any, default: float) -> int:
    return round(float(default if percent is None else percent) * 10)
