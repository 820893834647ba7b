"""Values that wait for what must exist before they may be used, although they do not come from there."""

from __future__ import annotations

import pulumi


def after(value: pulumi.Output[str], *awaited: pulumi.Output[str]) -> pulumi.Output[str]:
    """The same value, known only when all others are: who uses it depends on the resources behind all of them."""
    return pulumi.Output.all(value, *awaited).apply(lambda known: str(known[0]))
