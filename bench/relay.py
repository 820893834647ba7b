"""A server on loopback between a client and the emulated AWS; its owner says what becomes of every request."""

from __future__ import annotations

import http.client
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}
SECONDS = 60.0


def operation(path: str, headers: Mapping[str, str], body: bytes) -> str:
    """The AWS operation of a request, from any of the protocols: JSON, RPC v2 or Query."""
    target = headers.get("X-Amz-Target", "")
    if target:
        return target.rpartition(".")[2]
    if "/operation/" in path:
        return path.rpartition("/")[2]
    return parse_qs(body.decode(errors="replace")).get("Action", ["?"])[0]


@dataclass(frozen=True)
class Request:
    """One API call: *headers* without those of the connection, but with `Host`, which is signed."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        return operation(self.path, self.headers, self.body)


@dataclass(frozen=True)
class Response:
    """An answer.

    Attributes:
        headers: without those of the connection.
        length: the Content-Length that is announced; None: the body's own. After a shorter body the connection closes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    length: int | None = None


class Dropped(ConnectionError):
    """Raised by an owner: the connection is closed without an answer."""


class Relay(ThreadingHTTPServer):
    """Takes requests on loopback and answers what *respond* returns. *respond* runs in a thread for each connection;
    what it raises of OSError closes the connection without an answer."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, respond: Callable[[Request], Response]) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.respond = respond
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def end(self) -> None:
        """No new connection; a call that is still on its way arrives all the same."""
        self.shutdown()
        self.server_close()
        self._thread.join(5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed leaves its connections in the middle; anything else is a defect of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def forward(endpoint: str, request: Request, seconds: float = SECONDS) -> Response:
    """What *endpoint* answers to the request. Raises OSError when it does not answer within *seconds*."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=seconds)
    try:
        connection.request("POST", request.path, request.body, dict(request.headers))
        answer = connection.getresponse()
        body = answer.read()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
        return Response(answer.status, headers, body)
    except http.client.HTTPException as error:
        raise OSError(f"the emulated AWS did not answer: {type(error).__name__}") from error
    finally:
        connection.close()


class _Exchange(BaseHTTPRequestHandler):
    server: Relay
    protocol_version = "HTTP/1.1"
    # Two small writes and a delayed acknowledgement would cost every call 40 ms.
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = SECONDS

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        try:
            self._answer(self.server.respond(Request(self.path, sent, body)))
        except OSError:
            self.close_connection = True

    def _answer(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        length = len(response.body) if response.length is None else response.length
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()
        if length != len(response.body):
            self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Nothing: the owner tells what happened."""
