"""Whether a deployed service answers its deep path, as its users ask it. It only asks.

ECS and the load balancer know of the shallow path alone: a version that cannot live with the schema is healthy to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Ask, asking, complaint

LOOKS = 2
"""One bad answer may be a hiccup of the network."""
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Deep:
    """What the path answered.

    Attributes:
        url: asked with GET.
        status: the last answer's; 0: there was none.
        wrong: what is wrong with it, in words; empty when nothing is.
        certain: whether users get the same: an internal load balancer answers nobody outside of its network.
    """

    url: str
    status: int
    wrong: str = ""
    certain: bool = True


def deep(gate: Mapping[str, Any], wait: Callable[[float], object], by: Callable[[Smoke], Ask] = asking) -> Deep | None:
    """Ask a stack's deep path; None where the stack does not say which one it is.

    Args:
        gate: the stack's output of that name.
        wait: takes seconds.
        by: what sends such a request.
    """
    raw = gate.get("deep")
    if not raw:
        return None
    wanted = Smoke.parse({key: value for key, value in raw.items() if key != "shared"})
    send = by(wanted)
    for look in range(LOOKS):
        if look:
            wait(PAUSE_SECONDS)
        answer = send(wanted.url, wanted.timeout)
        wrong = complaint(wanted, answer)
        if not wrong:
            return Deep(wanted.url, answer.status)
    return Deep(wanted.url, answer.status, wrong, certain=answer.status != 0 or not raw.get("shared"))
