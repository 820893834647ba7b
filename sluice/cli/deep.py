"""Checks whether a deployed service answers its deep health path, as a user would request it. It changes nothing.

ECS and the load balancer check the shallow path only, so a version that fails on the schema is healthy to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Ask, asking, complaint

LOOKS = 2
"""Requests before the path counts as failed: one bad answer may be a network error."""
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Deep:
    """The answer of the deep health path.

    Attributes:
        url: requested with GET.
        status: HTTP status of the last answer; 0 without an answer.
        wrong: what is wrong with it; empty when it is healthy.
        certain: whether users get the same answer: an internal load balancer answers only inside its network.
    """

    url: str
    status: int
    wrong: str = ""
    certain: bool = True


def deep(gate: Mapping[str, Any], wait: Callable[[float], object], by: Callable[[Smoke], Ask] = asking) -> Deep | None:
    """Request a stack's deep health path; return None where the stack's outputs do not name one.

    Args:
        gate: the stack's output of that name.
        wait: pauses for a number of seconds.
        by: sends such a request.
    """
    raw = gate.get("deep")
    if not raw:
        return None
    wanted = Smoke.parse({key: value for key, value in raw.items() if key != "shared"})
    send = by(wanted)
    for attempt in range(LOOKS):
        if attempt:
            wait(PAUSE_SECONDS)
        answer = send(wanted.url, wanted.timeout)
        wrong = complaint(wanted, answer)
        if not wrong:
            return Deep(wanted.url, answer.status)
    return Deep(wanted.url, answer.status, wrong, certain=answer.status != 0 or not raw.get("shared"))
