"""Outputs that are known only once other resources exist."""

from __future__ import annotations

import pulumi


def after(value: pulumi.Output[str], *awaited: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the same value, known only once all others are, so its users depend on the resources of all of them."""
    return pulumi.Output.all(value, *awaited).apply(lambda known: str(known[0]))
