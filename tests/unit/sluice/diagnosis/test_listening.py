"""Where servers say that they listen, as they print it."""

from __future__ import annotations

import pytest

from sluice.diagnosis.listening import announcements
from sluice.diagnosis.printed import Printed

EVERY = "0.0.0.0"  # noqa: S104 - nothing listens here, it is what servers print


@pytest.mark.parametrize(
    ("line", "host", "port", "loopback"),
    [
        ("INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)", "127.0.0.1", 8000, True),
        ("[2026-11-27 10:00:00 +0000] [1] [INFO] Listening at: http://0.0.0.0:8000 (1)", EVERY, 8000, False),
        (" * Running on http://127.0.0.1:5000", "127.0.0.1", 5000, True),
        ("Starting development server at http://127.0.0.1:8000/", "127.0.0.1", 8000, True),
        ("Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ...", EVERY, 8000, False),
        ("Server listening on port 3000", "", 3000, False),
        ("Listening on :3000", "", 3000, False),
        ("   - Local:        http://localhost:3000", "localhost", 3000, True),
        ("ready - started server on 0.0.0.0:3000, url: http://localhost:3000", EVERY, 3000, False),
        ("* Listening on tcp://0.0.0.0:3000", EVERY, 3000, False),
        ("Tomcat started on port 8080 (http) with context path '/'", "", 8080, False),
        ("Tomcat started on port(s): 8080 (http)", "", 8080, False),
        ("Now listening on: http://[::]:8080", "[::]", 8080, False),
        ("Now listening on: http://[::1]:8080", "[::1]", 8080, True),
        ('{"level":30,"msg":"listening","port":3000,"address":"127.0.0.1"}', "127.0.0.1", 3000, True),
        ("level=info msg=listening addr=127.0.0.1:8080", "127.0.0.1", 8080, True),
        ("version 1 serves", "", None, False),
        ("INFO:     Application startup complete.", "", None, False),
        ("Started Shop in 3.2 seconds (process running for 3.9)", "", None, False),
    ],
)
def test_a_server_that_is_up_says_so(line: str, host: str, port: int | None, loopback: bool) -> None:
    (found,) = announcements([Printed(15.0, "starting"), Printed(17.5, line)], 10.0)
    assert (found.host, found.port, found.loopback, found.after) == (host, port, loopback, 7.5)
    assert found.text == (line.strip() if not line.startswith("{") else "listening")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('{"level": "INFO", "message": "Uvicorn running on http://[::]:8081"}', "Uvicorn running on http://[::]:8081"),
        ('{"msg": "listening on :8080"}', "listening on :8080"),
        ('{"event": "listening on :8080"}', '{"event": "listening on :8080"}'),
        ('{"message": "listening on :8080" cut off', '{"message": "listening on :8080" cut off'),
    ],
)
def test_of_a_json_line_its_message_is_shown(line: str, text: str) -> None:
    (found,) = announcements([Printed(1.0, line)], 0.0)
    assert found.text == text


@pytest.mark.parametrize(
    "line",
    [
        "",
        "migrations started",
        "2026-01-01 10:20:30 started job 15",
        "12:30:45 INFO worker started",
        "Debugger listening on ws://127.0.0.1:9229/f6d1",
        "metrics listening on :9090",
        "connecting to postgres at db:5432",
        "connected to 10.0.0.9:5432, ready",
        'GET /live HTTP/1.1" 200',
    ],
)
def test_an_ordinary_line_announces_nothing(line: str) -> None:
    assert announcements([Printed(1.0, line)], 0.0) == []


def test_without_a_start_there_is_no_delay() -> None:
    (found,) = announcements([Printed(17.5, "listening on :8080")], None)
    assert found.after is None
