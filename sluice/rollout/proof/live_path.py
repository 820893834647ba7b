"""Whether the load balancer's health check can move to another path, where the serving version is checked at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sluice.finding import Finding, refused, unread
from sluice.inputs.smoke import Smoke, at
from sluice.rollout.deployment.http_answer import Ask, asking

SETTING = "app.livePath"
TRIES = 2
"""One bad answer may be a hiccup of the network."""
PASSES = 200
"""Status that passes the load balancer's check (components/network/target_group.py)."""


def moved_path(stack_gate: Mapping[str, Any], path: str, by: Callable[[Smoke | None], Ask] = asking) -> Finding | None:
    """Return a finding about a changed path; None when there is none. A request is sent only where the path changes.

    A target group has one check for all of its targets, so a change reaches the old version's tasks before the new
    version's have started.

    Args:
        stack_gate: the stack's output `gate` of its last update.
        path: of the settings.
        by: what sends a request.
    """
    was, raw = str(stack_gate.get("livePath") or ""), stack_gate.get("deep")
    if not was or was == path:
        return None
    both = f"deploy a version that answers both {was} and {path} first, and change {SETTING} with the one after it"
    if not isinstance(raw, Mapping):
        return unread(SETTING, f"whether the version that serves answers {path} cannot be asked from here", both)
    request = Smoke.parse({key: _whole(value) for key, value in raw.items() if key != "shared"})
    asked = replace(request, url=at(request.url, path))
    send = by(asked)
    for _ in range(TRIES):
        answer = send(asked.url, asked.timeout)
        if answer.status == PASSES:
            return None
    if answer.status == 0:
        return unread(SETTING, f"the version that serves did not answer at {asked.url}: {answer.text}", both)
    return refused(
        SETTING,
        f"the version that serves answers {answer.status} at {path}",
        "the load balancer's check would ask it there at once, and ECS would replace its tasks as unhealthy",
        both,
    )


def _whole(value: Any) -> Any:
    """Outputs that a program reads back have no whole numbers (google.protobuf.Struct)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
