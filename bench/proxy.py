"""A proxy on loopback in front of the emulated AWS, one for each measured run: it counts the calls by operation."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType

from bench.relay import Relay, Request, Response, forward
from bench.relay import operation as operation


class Proxy:
    """Counts what one tool asks AWS. *calls* has every operation with its count, also of calls that AWS refused."""

    def __init__(self, endpoint: str) -> None:
        self.calls: Counter[str] = Counter()
        self._upstream = endpoint
        self._lock = threading.Lock()
        self._relay = Relay(self._respond)

    @property
    def endpoint(self) -> str:
        return self._relay.endpoint

    def _respond(self, request: Request) -> Response:
        with self._lock:
            self.calls[request.operation] += 1
        try:
            return forward(self._upstream, request)
        except OSError as error:
            return Response(502, {}, f"the emulated AWS did not answer: {error}".encode())

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._relay.end()
