"""The last step back to rolling: the service leaves its listener rules, and the rest of the listener must serve alike.

Source: "Migrate Amazon ECS blue/green deployments to rolling". The rule goes away after the rollout; the listener then
forwards to the target group that the service keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sluice.aws.patience import Patience
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.strategy.lifecycle.weights import described, serving_groups, short_group


def check_unwiring(
    service: Service, patience: Patience, seen: Mapping[str, Any] | None, changes: Mapping[str, Any], name: str
) -> None:
    """Return while users reach the target group that the service keeps, or nothing is unwired.

    Args:
        seen: the service, as DescribeServices shows it.
        changes: arguments of UpdateService.
        name: ``FAMILY:REVISION`` of the new version.

    Raises:
        RolloutFailed: users reach the other target group.
    """
    rule, kept = unwired((seen or {}).get("loadBalancers") or (), changes.get("loadBalancers") or ())
    if not rule:
        return
    weights = patience.ask(service.shift.weights, rule)
    if serving_groups(weights) == (kept,):
        return
    raise RolloutFailed(
        f"{name} was not rolled out: users reach {described(weights)}, and rolling keeps {short_group(kept)} alone\n"
        "  cause: the last deployment with the former strategy ended on the other target group\n"
        "  fix:   deploy once more with the former strategy, which moves users to the first group; then change the "
        "strategy again\n"
        "  The service was not changed: what served before keeps serving."
    )


def unwired(live: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the production rule that a change of load balancers leaves, and the target group that stays; empty when it
    leaves none. Pure."""
    for one in live:
        rule = str((one.get("advancedConfiguration") or {}).get("productionListenerRule") or "")
        if rule and wanted and not any(other.get("advancedConfiguration") for other in wanted):
            return rule, str(wanted[0].get("targetGroupArn", ""))
    return "", ""
