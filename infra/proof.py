"""What a new version must answer, and how long the old one must bear the new schema, by the settings."""

from __future__ import annotations

import pulumi

from components.deployment import SmokeRequest, Soak
from infra.settings.settings import Settings


def smoke_of(stack: Settings, version: pulumi.Input[str]) -> SmokeRequest:
    """version: that the service must say it is; empty: not compared."""
    return SmokeRequest(
        **stack.smoke.model_dump(exclude={"path", "json_", "host"}),
        host=stack.smoke.host or "",
        path=stack.smoke.path or stack.app.health_path,
        json=stack.smoke.json_,
        version=version,
    )


def soak_of(stack: Settings) -> Soak:
    """Of the version that serves."""
    return Soak(stack.soak.seconds, stack.soak.path or stack.app.health_path, stack.smoke.timeout)
