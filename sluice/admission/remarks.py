"""Texts that the findings of an admission share. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.aws.found import Unread

GRANT = "allow the deployer this action (`make bootstrap` does), or check it yourself"


def remedy(found: object) -> str:
    """Return the fix for something that could not be read; empty without one."""
    denied = isinstance(found, Unread) and found.reason.startswith("these credentials")
    return GRANT if denied else ""


def listed(names: Sequence[str]) -> str:
    """Return three of the names, and the number of the others."""
    shown = list(dict.fromkeys(names))
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
