"""The latest release of another stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi


def released(
    *, project: str, stack: str, account: str, region: str, provider: pulumi.ProviderResource
) -> Mapping[str, Any] | None:
    """Return the latest release of the stack; None without one. Asks AWS immediately, in
    previews too.

    Args:
        account, region: where the stack is; empty: those of this one.

    Raises:
        Exception: it could not be read (the SDK has no narrower one).
    """
    args = {"project": project, "stack": stack, "account": account, "region": region}
    answer = pulumi.runtime.invoke("gate:index:released", args, pulumi.InvokeOptions(provider=provider)).value or {}
    found = answer.get("promotable")
    return found if isinstance(found, Mapping) else None
