"""The liar between one deployer and the emulated AWS, on loopback: it brings what a plan says and keeps a journal."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from bench.relay import Dropped, Relay, Request, Response, forward
from tests.chaos import lies
from tests.chaos.faults import READS, Fault, Kind, Plan
from tests.chaos.history import History


@dataclass(frozen=True)
class Met:
    """One call: when (monotonic seconds), what it met (None: the truth), and whether AWS heard of it.

    Attributes:
        body: the request's.
        nth: which call of its operation, from 1.
    """

    at: float
    operation: str
    nth: int
    fault: Kind | None
    arrived: bool
    body: bytes = b""


Moment = Callable[[str, int, bytes], None]
"""Called with an operation, the number of its call, and the request's body."""


class Liar:
    """Forwards one deployer's calls to *endpoint*, or does what *plan* says.

    Args:
        secret: signs what a lie changed of a request; without one nobody checks signatures at *endpoint*.
        before: called before a call is decided on; after: when it has been answered by AWS, before the deployer hears.
    """

    def __init__(
        self, endpoint: str, plan: Plan, before: Moment | None = None, after: Moment | None = None, secret: str = ""
    ) -> None:
        self.plan = plan
        self.journal: list[Met] = []
        self.before: Moment = before or (lambda operation, nth, body: None)
        self.after: Moment = after or (lambda operation, nth, body: None)
        self._upstream, self._secret = endpoint, secret
        self._numbers: Counter[str] = Counter()
        self._first: float | None = None
        self._lock = threading.Lock()
        self._history = History(lambda request: forward(endpoint, request))
        self._relay = Relay(self._respond)

    @property
    def endpoint(self) -> str:
        return self._relay.endpoint

    @property
    def faults(self) -> Counter[tuple[Kind, str]]:
        """How many of each kind befell each operation."""
        return Counter((met.fault, met.operation) for met in list(self.journal) if met.fault is not None)

    def arm(self, fault: Fault) -> None:
        """From now on this one comes before those of the plan."""
        self.plan = replace(self.plan, faults=(fault, *self.plan.faults))

    def end(self) -> None:
        self._history.end()
        self._relay.end()

    def _respond(self, request: Request) -> Response:
        operation = request.operation
        now = time.monotonic()
        with self._lock:
            self._numbers[operation] += 1
            nth = self._numbers[operation]
            if self._first is None:
                self._first = now
        self.before(operation, nth, request.body)
        fault = self.plan.meets(operation, nth, now - self._first)
        chance = Random(f"{self.plan.seed}/{operation}/{nth}/how")  # noqa: S311 - reproducible on purpose
        if fault is None:
            response = self._asked(request)
            self._note(now, request, nth, None, True)
        else:
            response = self._lie(fault, request, nth, now, chance)
        self.after(operation, nth, request.body)
        return response

    def _one_a_page(self, request: Request) -> Request:
        asked = lies.one_a_page(request)
        return lies.signed(asked, self._secret) if self._secret else asked

    def _lie(self, fault: Fault, request: Request, nth: int, now: float, chance: Random) -> Response:
        refused = self._refused(fault, request, chance)
        if refused is not None or fault.kind == "reset before":
            self._note(now, request, nth, fault.kind, False)
            if refused is None:
                raise Dropped
            return refused
        if fault.kind in ("stale", "lag"):
            earlier = self._earlier(fault, request)
            # No earlier answer is no lie: the call is not counted as one.
            self._note(now, request, nth, None if earlier is None else fault.kind, True)
            return earlier or self._asked(request)
        if fault.kind == "delay":
            time.sleep(chance.uniform(0.2, fault.seconds))  # a slow network: the fault itself
        response = self._asked(self._one_a_page(request) if fault.kind == "one a page" else request)
        self._note(now, request, nth, fault.kind, True)
        if fault.kind == "reset after":
            self.after(request.operation, nth, request.body)
            raise Dropped
        if response.status == 200:
            if fault.kind == "cut body":
                return lies.cut(response, chance)
            if fault.kind == "truncated JSON":
                return lies.truncated(response, chance)
            if fault.kind == "missing key":
                return lies.without_key(response, chance)
        return response

    def _refused(self, fault: Fault, request: Request, chance: Random) -> Response | None:
        """An answer that AWS itself never hears of; None when the fault is of another sort."""
        if fault.kind == "throttle":
            return lies.refusal(request, lies.THROTTLED)
        if fault.kind == "5xx":
            code, status = chance.choice((("InternalServerError", 500), ("ServiceUnavailable", 503)))
            return lies.refusal(request, code, status)
        if fault.kind == "denied":
            return lies.refusal(request, lies.DENIED)
        if fault.kind == "expired":
            return lies.refusal(request, lies.EXPIRED)
        if fault.kind == "failures[]":
            return lies.nothing_found(request)
        return None

    def _asked(self, request: Request) -> Response:
        response = forward(self._upstream, request)
        remembered = {kind for kind in self.plan.kinds if kind in ("stale", "lag")}
        if remembered and request.operation in READS:
            watched = any(fault.kind == "lag" and request.operation in fault.operations for fault in self.plan.faults)
            self._history.keep(request, response, watched)
        return response

    def _earlier(self, fault: Fault, request: Request) -> Response | None:
        if fault.kind == "stale":
            return self._history.oldest(request, fault.seconds)
        return self._history.as_of(request, fault.seconds)

    def _note(self, at: float, request: Request, nth: int, fault: Kind | None, arrived: bool) -> None:
        with self._lock:
            self.journal.append(Met(at, request.operation, nth, fault, arrived, request.body))
