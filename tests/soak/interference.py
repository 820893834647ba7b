"""Stands between a deployer and AWS on loopback, and does what a seed says at a chosen call.

Every effect of the gate is an AWS call, so "before or after the n-th call of an operation" names every moment at which
a deployer can die or lose its connection.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

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


class Interference(ThreadingHTTPServer):
    """Forwards one deployer's calls to *endpoint*. ``kill`` and ``interrupt`` act on that deployer.

    Attributes:
        met: the troubles that came about.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, endpoint: str, troubles: Sequence[Trouble]) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        parts = urlsplit(endpoint)
        self.upstream = (parts.hostname or "", parts.port or 80)
        self.kill: Callable[[], None] = lambda: None
        self.interrupt: Callable[[], None] = lambda: None
        self.met: list[Trouble] = []
        self.cut_until = 0.0
        self.expired = False
        self._troubles = tuple(troubles)
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A deployer that was killed leaves its connections in the middle; anything else is a defect of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def end(self) -> None:
        """No new connection; a call that is still on its way arrives all the same."""
        self.shutdown()
        self.server_close()

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


class _Exchange(BaseHTTPRequestHandler):
    server: Interference
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        try:
            self._exchange(operation, body)
        except OSError:
            self.close_connection = True  # the deployer is gone, or the call was cut: that is what this is for

    def _exchange(self, operation: str, body: bytes) -> None:
        server, trouble = self.server, self.server.meets(operation)
        what = trouble.what if trouble else ""
        seconds = trouble.seconds if trouble else 0.0
        if what == "cut":
            server.cut_until = time.monotonic() + seconds
        if time.monotonic() < server.cut_until:
            raise ConnectionResetError
        if what == "expire":
            server.expired = True
        if server.expired:
            self._refuse("ExpiredTokenException")
        elif what == "throttle":
            self._refuse("ThrottlingException")
        elif what == "kill before":
            server.kill()
        elif what == "kill, then the call arrives":
            server.kill()
            time.sleep(seconds)  # the call is on its way: the network's time, which nobody can wait for otherwise
            self._forward(body)
        elif what in ("kill after", "lose the answer"):
            self._forward(body)
            if what == "kill after":
                server.kill()
            raise ConnectionResetError
        else:
            if what == "interrupt":
                server.interrupt()
            if what == "delay":
                time.sleep(seconds)  # a slow network, as above
            self._answer(*self._forward(body))

    def _forward(self, body: bytes) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection(*self.server.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        try:
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        finally:
            connection.close()

    def _refuse(self, code: str) -> None:
        text = json.dumps({"__type": code, "message": code}).encode()
        self._answer(400, "application/x-amz-json-1.1", text)

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Nothing: the scenario tells what happened."""
