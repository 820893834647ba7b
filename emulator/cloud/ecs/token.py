"""RunTask's client token as a pure rule.

AWS, "Ensuring idempotency" (ECS API reference): a token means one request in its cluster; it lives for the lower of 24
hours and the life of the (last) task plus one hour; the same parameters get the original answer, others a
ConflictException that names the tasks already started.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

DAY_SECONDS = 24 * 3600.0
AFTER_STOP_SECONDS = 3600.0


@dataclasses.dataclass(frozen=True)
class Use:
    """One token that was used.

    Attributes:
        parameters: the request without its token, as `fingerprint` writes it.
        tasks: ARNs of the tasks it started.
        at: when, in seconds since the epoch.
    """

    parameters: str
    tasks: tuple[str, ...]
    at: float


def fingerprint(request: dict[str, Any]) -> str:
    """The request's parameters, comparable. The order of a list counts as a difference."""
    return json.dumps({name: value for name, value in request.items() if name != "clientToken"}, sort_keys=True)


def alive(use: Use, stopped: list[float | None], now: float) -> bool:
    """Whether the token still stands for its tasks.

    Args:
        use: the earlier use.
        stopped: when each of its tasks stopped; None for one that has not.
        now: seconds since the epoch, as all of them.
    """
    if now - use.at >= DAY_SECONDS:
        return False
    ends = [end for end in stopped if end is not None]
    return len(ends) < len(stopped) or not ends or now - max(ends) < AFTER_STOP_SECONDS
