"""The counting proxy: which operation a request is, and that answers come through unchanged."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bench.proxy import Proxy, operation


@pytest.mark.parametrize(
    ("path", "headers", "body", "expected"),
    [
        ("/", {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.RunTask"}, b"{}", "RunTask"),
        ("/service/Logs_20140328/operation/GetLogEvents", {}, b"", "GetLogEvents"),
        ("/", {}, b"Action=DescribeTargetHealth&Version=2015-12-01", "DescribeTargetHealth"),
        ("/", {}, b"", "?"),
    ],
)
def test_operation(path: str, headers: dict[str, str], body: bytes, expected: str) -> None:
    assert operation(path, headers, body) == expected


@pytest.fixture
def cloud() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(400 if body == b"Action=Bad" else 200)
            self.send_header("X-Seen", self.headers["X-Mine"])
            self.end_headers()
            self.wfile.write(body[::-1])

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_what_comes_through_is_counted_and_unchanged(cloud: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with Proxy(cloud) as proxy:
        for _ in range(2):
            request = urllib.request.Request(proxy.endpoint, b"Action=List", {"X-Mine": "kept"})
            with opener.open(request, timeout=10) as answer:
                assert answer.headers["X-Seen"] == "kept"
                assert answer.read() == b"tsiL=noitcA"
        with pytest.raises(urllib.error.HTTPError, match="400"):
            opener.open(urllib.request.Request(proxy.endpoint, b"Action=Bad", {"X-Mine": "kept"}), timeout=10)
    assert proxy.calls == {"List": 2, "Bad": 1}
