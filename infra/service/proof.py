"""What a new version must answer, and how long the old one must bear the new schema, by the settings."""

from __future__ import annotations

import pulumi

from components.delivery.deployment import SmokeRequest, SmokeTask, Soak
from infra.settings.settings import Settings


def smoke_of(stack: Settings, version: pulumi.Input[str], task: SmokeTask | None) -> SmokeRequest | None:
    """None: nobody asks. version: that the service must say it is; empty: not compared. task: that asks in place of the
    deployer."""
    if stack.smoke.from_ == "off":
        return None
    return SmokeRequest(
        **stack.smoke.model_dump(include={"status", "timeout", "attempts", "body", "version_header"}),
        host=stack.smoke.host or "",
        task=task,
        path=stack.smoke.path or stack.app.health_path,
        json=stack.smoke.json_,
        version=version,
    )


def soak_of(stack: Settings) -> Soak:
    """Of the version that serves."""
    return Soak(stack.soak.seconds, stack.soak.path or stack.app.health_path, stack.smoke.timeout)
