"""Whether a live service's strategy may change by one update: AWS asks for two deployments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.settings.service import Service
from sluice.sdk import Finding

PAGE = "docs/strategy-wiring.md"
SUBJECT = "service.strategy"


def strategy_change(gate: Any, service: Service) -> Finding | None:
    """The refusal of a step that is left out; None: the change may go on.

    Source: "Update the Amazon ECS deployment strategy" in the Amazon ECS developer guide.

    Args:
        gate: the stack's output `gate` of its last update.
        service: as the settings now say.
    """
    if not isinstance(gate, Mapping) or not gate.get("service"):
        return None
    wired, shifting = bool(gate.get("wired")), bool(gate.get("strategy"))
    if not wired and service.strategy != "rolling":
        return Finding(
            SUBJECT,
            "refused",
            f"is {service.strategy}, and the live service rolls with one target group",
            "AWS takes another strategy only after a deployment that wires the load balancer",
            f"write service.strategy: rolling with service.alternateGroup: true, run `pulumi up`, then write"
            f" {service.strategy} ({PAGE})",
        )
    if shifting and not service.shifts:
        return Finding(
            SUBJECT,
            "refused",
            "is rolling with one target group, and the live service shifts traffic between two",
            "users may be in the second group, and the rule that leads to it would be deleted",
            f"write service.strategy: rolling with service.alternateGroup: true first ({PAGE})",
        )
    return None
