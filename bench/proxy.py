"""A proxy on loopback in front of the emulated AWS, one for each measured run: it counts the calls by operation."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

HOP = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "expect"}
SECONDS = 60.0


def operation(path: str, headers: Mapping[str, str], body: bytes) -> str:
    """The AWS operation of a request, from any of the protocols: JSON, RPC v2 or Query."""
    target = headers.get("X-Amz-Target", "")
    if target:
        return target.rpartition(".")[2]
    if "/operation/" in path:
        return path.rpartition("/")[2]
    return parse_qs(body.decode(errors="replace")).get("Action", ["?"])[0]


class Proxy:
    """Counts what one tool asks AWS. *calls* has every operation with its count, also of calls that AWS refused."""

    def __init__(self, endpoint: str) -> None:
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(endpoint, self._count))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _count(self, name: str) -> None:
        with self._lock:
            self.calls[name] += 1

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(endpoint: str, count: Callable[[str], None]) -> type[BaseHTTPRequestHandler]:
    host = urlsplit(endpoint).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Two small writes and a delayed acknowledgement would cost every call 40 ms.
        disable_nagle_algorithm = True
        wbufsize = -1
        timeout = SECONDS

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            count(operation(self.path, dict(self.headers.items()), body))
            sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            connection = http.client.HTTPConnection(host, timeout=SECONDS)
            try:
                connection.request("POST", self.path, body, sent)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.send_error(502, f"the emulated AWS did not answer: {type(error).__name__}")
                return
            finally:
                connection.close()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler
