"""Sends a deployed stack's smoke request from outside, as users do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pipeline.engine.engine import Engine
from pipeline.failed import Failed
from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment import http_answer

Asked = Callable[[str, float, str, str], http_answer.Answer]
"""URL, seconds, the address to connect to in place of the URL's host, and the Host header in place of the URL's."""


def ask(engine: Engine, pause: Callable[[float], None]) -> int:
    """Send the stack's smoke request until it has its right answers in a row. Raises Failed when it gets none."""
    gate = engine.output("gate")
    if not isinstance(gate, Mapping):
        raise Failed(f"{engine.stack} was never deployed: it has no output `gate`; deploy it first")
    wanted = Smoke.parse(gate["smoke"]) if gate.get("smoke") else None
    if wanted is None or wanted.task is not None:
        print(f"smoke.from is {'task' if wanted else 'off'}: nothing is asked from here", flush=True)
        return 0
    return judged(wanted, http_answer.ask, pause)


def judged(wanted: Smoke, asked: Asked, pause: Callable[[float], None]) -> int:
    """Return 0 once enough right answers came in a row. Raises Failed after too many wrong ones."""
    wanted = reachable(wanted, asked)
    right, wrong = 0, 0
    while right < wanted.answers:
        answer = asked(wanted.url, wanted.timeout, wanted.address, wanted.host)
        said = http_answer.complaint(wanted, answer)
        if not said:
            right += 1
            print(f"{right} of {wanted.answers}: {wanted.url} answered {answer.status}", flush=True)
            continue
        right, wrong = 0, wrong + 1
        print(said, flush=True)
        if wrong >= wanted.attempts:
            raise Failed(f"{wrong} wrong answers; the version serves, and `sluice status` says more")
        pause(1.0)
    return 0


def reachable(wanted: Smoke, asked: Asked) -> Smoke:
    """Return the request by host name if that answers, as for users; else to the load balancer.

    A new name takes a while to reach every DNS server, and a rehearsed one reaches none.
    """
    if not wanted.address or asked(wanted.url, wanted.timeout, "", wanted.host).status != 0:
        return replace(wanted, address="")
    print(f"{wanted.url} does not answer by its name from here: asking the load balancer, {wanted.address}", flush=True)
    return wanted
