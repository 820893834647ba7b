"""What brings a revision to a service that shifts traffic, or what keeps it from it. Pure.

A newer deployment ends an older one as STOPPED ("View service history"). That is safe only before users reach its
version: ECS refuses to shift from mixed weights ("should have exactly one target group serving traffic but found 2"),
and which version counts as the old one is not documented. So ECS rolls back such a deployment first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.inputs.strategy import Strategy
from sluice.rollout.deployment.judge import Deploy, Impossible, Watch, primary, unusable
from sluice.rollout.deployment.shape import Shape
from sluice.rollout.strategy.lifecycle.hooks import wrong_hooks
from sluice.rollout.strategy.lifecycle.service_deployment import ServiceDeployment, percent

CHANGED = "the service was changed outside the program, or by a `pulumi up` that left it out (--target)"
REFRESH = "run `pulumi up --refresh` without --target"


@dataclass(frozen=True)
class Await:
    """Wait, then look again: another deployment is ending."""

    reason: str


@dataclass(frozen=True)
class Undo:
    """Have ECS roll back the service deployment *arn* first: users reach its version."""

    arn: str
    reason: str


Step = Watch | Deploy | Impossible | Await | Undo


def next_step(
    service: Mapping[str, Any] | None,
    latest: ServiceDeployment | None,
    task_definition: str,
    strategy: Strategy,
    shape: Shape | None = None,
) -> Step:
    """What brings *task_definition* to the service.

    Args:
        service: as DescribeServices shows it.
        latest: its newest service deployment; None: ECS has none, or has forgotten it.
        shape: the wanted network, platform version and load balancers.
    """
    if why := unusable(service):
        return Impossible(why)
    seen = service or {}
    configured = (seen.get("deploymentConfiguration") or {}).get("strategy", "ROLLING")
    if configured != strategy.ecs_name:
        return _changed(f"its strategy is {configured} instead of {strategy.ecs_name}")
    if why := wrong_hooks(seen, strategy):
        return _changed(why)
    if latest is not None and latest.returning:
        return Await(f"{latest.progress()} from an earlier deployment")
    current = primary(seen)
    changes = (shape or Shape()).missing_in(Shape.of(seen, current or {}))
    if current is None or current.get("taskDefinition") != task_definition or changes:
        if latest is not None and latest.ongoing and latest.exposed:
            return Undo(latest.arn, f"an earlier deployment has {percent(latest.production)} of the users")
        return Deploy(force=False, changes=changes)
    of_current = latest is None or latest.number == str(current.get("id")).rpartition("/")[2]
    if of_current and latest is not None and latest.ended and latest.status != "SUCCESSFUL":
        return Deploy(force=True)
    if not of_current and current.get("rolloutState") == "FAILED":
        return Deploy(force=True)
    return Watch(str(current["id"]))


def _changed(what: str) -> Impossible:
    return Impossible(f"{what}\n  cause: {CHANGED}\n  fix:   {REFRESH}")
