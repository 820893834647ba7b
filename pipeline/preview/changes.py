"""What a preview would change, as one digest: so that an approval is of these changes and no others. Pure.

It is read from the plan file of `pulumi preview --save-plan` (Pulumi 3.250: `resourcePlans`, by URN, with the steps and
the difference of the inputs). A value that is not known yet is the same placeholder in every preview of the same
changes; what is encrypted differs each time, so of secrets only their place counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pipeline.failed import Failed

FIRST = "first"
"""In place of a digest: the stack does not exist yet, and everything in it is new."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark, no secret
"""Mark a secret in the engine's JSON ("sdk/go/common/resource" of Pulumi)."""


def changed(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what happens to each resource that does not stay as it is, by URN. Raises Failed for a file of another
    form."""
    try:
        resources = {str(urn): dict(one) for urn, one in plan["resourcePlans"].items()}
        return {
            urn: {"steps": list(one["steps"]), "inputs": _open((one.get("goal") or {}).get("inputDiff"))}
            for urn, one in resources.items()
            if one["steps"] != ["same"]
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Failed(f"the plan that `pulumi preview --save-plan` wrote is not of the known form: {error!r}") from error


def digest(plan: Mapping[str, Any]) -> str:
    """SHA-256 of the changes, in hexadecimal. Raises Failed."""
    text = json.dumps(changed(plan), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def complaint(approved: str, now: str, resources: Mapping[str, Any]) -> str:
    """Return why the changes that were approved may not be carried out; empty when they may.

    Args:
        approved: the digest that the approved preview told, or FIRST.
        now: the same of a preview that was just made.
        resources: what it would change.
    """
    if not approved:
        return (
            "APPROVED_PLAN is empty: the preview reported no plan, so none was approved. Nothing was changed. Fix: read"
            " the preview's log, then run it again"
        )
    if approved == now:
        return ""
    names = [f"{'/'.join(one['steps'])} {_name(urn)}" for urn, one in resources.items()]
    what = "; ".join(sorted(names)[:10]) + (f"; and {len(names) - 10} more" if len(names) > 10 else "")
    return (
        f"the approved plan is {approved[:12]}, and the plan is {now[:12]} now ({what or 'no change'}): settings, the"
        " stack or AWS have changed since the approval. Nothing was changed. Fix: approve the newer run, or run this"
        " one again"
    )


def _name(urn: str) -> str:
    """Type and name in a URN (`urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`)."""
    _, _, kind, name = urn.split("::", 3)
    return f"{kind.rpartition('$')[2]} {name}"


def _open(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return "[secret]"
        return {key: _open(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_open(one) for one in value]
    return value
