"""Words that the findings of an admission share. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.aws.found import Unread

GRANT = "give the deployer that permission (`make bootstrap` does), or look yourself"


def remedy(found: object) -> str:
    """Return what to do about something that could not be looked at; empty where nothing can be done."""
    denied = isinstance(found, Unread) and found.reason.startswith("these credentials")
    return GRANT if denied else ""


def listed(who: Sequence[str]) -> str:
    """Whoever needs a thing: three of them by name."""
    shown = list(dict.fromkeys(who))
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
