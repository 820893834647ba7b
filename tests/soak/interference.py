"""Stands between a deployer and AWS on loopback, and does what a seed says at a chosen call.

Every effect of the gate is an AWS call, so "before or after the n-th call of an operation" names every moment at which
a deployer can die or lose its connection.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.relay import Dropped, Relay, Request, Response, forward

What = Literal[
    "kill before", "kill after", "kill, then the call arrives", "lose the answer", "cut", "delay", "throttle", "expire",
    "interrupt"
]  # fmt: skip


@dataclass(frozen=True)
class Trouble:
    """What happens at the *nth* call of *operation* (from 1), and for how long or how often.

    Attributes:
        seconds: of a cut, a delay, or between the kill and the call's late arrival; infinite: for good.
        operation: an API operation's name; empty: any call.
    """

    what: What
    operation: str
    nth: int
    seconds: float = 0.0

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.what}{lasting} at {self.operation or 'any call'} {self.nth}"


class Interference(Relay):
    """Forwards one deployer's calls to *endpoint*. ``kill`` and ``interrupt`` act on that deployer.

    Attributes:
        met: the troubles that came about.
    """

    def __init__(self, endpoint: str, troubles: Sequence[Trouble]) -> None:
        self.upstream = endpoint
        self.kill: Callable[[], None] = lambda: None
        self.interrupt: Callable[[], None] = lambda: None
        self.met: list[Trouble] = []
        self.cut_until = 0.0
        self.expired = False
        self._troubles = tuple(troubles)
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        super().__init__(self._exchange)

    def meets(self, operation: str) -> Trouble | None:
        """Counts a call; the trouble that comes with it, if any."""
        with self._lock:
            self._calls[operation] += 1
            self._calls[""] += 1
            for trouble in self._troubles:
                if trouble.operation in ("", operation) and self._calls[trouble.operation] == trouble.nth:
                    self.met.append(trouble)
                    return trouble
        return None

    def _exchange(self, request: Request) -> Response:
        trouble = self.meets(request.operation)
        what = trouble.what if trouble else ""
        seconds = trouble.seconds if trouble else 0.0
        if what == "cut":
            self.cut_until = time.monotonic() + seconds
        if time.monotonic() < self.cut_until:
            raise Dropped
        if what == "expire":
            self.expired = True
        if self.expired:
            return _refusal("ExpiredTokenException")
        if what == "throttle":
            return _refusal("ThrottlingException")
        if what.startswith("kill") and what != "kill after":
            self.kill()
        if what == "kill before":
            raise Dropped
        if what == "interrupt":
            self.interrupt()
        if what in ("delay", "kill, then the call arrives"):
            time.sleep(seconds)  # the call is on its way: the network's time, which nobody can wait for otherwise
        response = forward(self.upstream, request, 30)
        if what == "kill after":
            self.kill()
        if what in ("kill after", "kill, then the call arrives", "lose the answer"):
            raise Dropped
        return response


def _refusal(code: str) -> Response:
    text = json.dumps({"__type": code, "message": code}).encode()
    return Response(400, {"Content-Type": "application/x-amz-json-1.1"}, text)
