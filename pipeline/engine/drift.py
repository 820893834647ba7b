"""What of a refresh is drift: a change that the program does not leave to others. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

QUIET = ("same", "refresh", "read")
"""Operations of a refresh that found nothing."""


def drifted(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """The resources that are not as the state says, each with the properties that differ.

    A rollout moves the service's revision and load balancer after the engine has written the service's state, and
    autoscaling the number of its tasks: the program ignores these properties (`ignoreChanges`), and so does this.

    Args:
        steps: of the JSON that `pulumi refresh --preview-only --json` prints.
    """
    found = []
    for step in steps:
        if step.get("op") in QUIET:
            continue
        reasons = [str(one) for one in step.get("diffReasons") or ()]
        left = [one for one in reasons if not _ignored(one, step)]
        if left or not reasons:  # a resource that is gone differs in no property
            kind, name = str(step["urn"]).split("::")[2:]
            found.append(f"{kind.rpartition('$')[2]} {name}: {', '.join(left) or step['op']}")
    return found


def _ignored(reason: str, step: Mapping[str, Any]) -> bool:
    """Return whether the program leaves this property, or one that it is a part of, to others."""
    ignored = (step.get("oldState") or {}).get("ignoreChanges") or ()
    return any(reason == one or reason.startswith((f"{one}.", f"{one}[")) for one in ignored)
