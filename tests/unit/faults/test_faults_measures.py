"""The measures of the end-to-end faults themselves: they see what fails, and show what was said."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.faults import test_faults
from tests.e2e.faults.callers import Callers, percentile
from tests.e2e.faults.table import ALWAYS, HEAD, PAGE, Row, page, text, verdict
from tests.e2e.stage import until


class Every(BaseHTTPRequestHandler):
    """Every fifth request is refused, every seventh cut."""

    protocol_version = "HTTP/1.1"
    asked = 0
    lock = threading.Lock()

    def do_GET(self) -> None:
        with Every.lock:
            Every.asked += 1
            number = Every.asked
        if number % 7 == 0:
            self.close_connection = True
            return
        self.send_response(503 if number % 5 == 0 else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Every)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_callers_keep_the_rate_and_count_every_failure(url: str) -> None:
    Every.asked = 0
    callers = Callers(url, rate=100, clients=10)
    callers.start()
    until(lambda: callers.sent >= 105, 30, "105 requests")
    answers = callers.stop()
    assert len(answers) == Every.asked, "no request is repeated, none is forgotten"
    cut = Every.asked // 7
    refused = sum(number % 5 == 0 and number % 7 != 0 for number in range(1, Every.asked + 1))
    assert sum(one.reset for one in answers) == cut
    assert sum(one.failed for one in answers) == cut + refused
    assert {one.status for one in answers} == {0, 200, 503}
    assert all(one.error for one in answers if one.reset)
    assert answers[-1].at - answers[0].at > 0.9, "100 a second, not as many as possible"


@pytest.mark.parametrize(("share", "value"), [(0.5, 51), (0.95, 96), (0.99, 100), (1.0, 100)])
def test_percentile(share: float, value: float) -> None:
    assert percentile(list(range(100, 0, -1)), share) == value


@pytest.mark.parametrize(
    ("output", "first"),
    [
        ("    gate:index:Rollout x  error: the rollout of a:2 rolled back: why", "the rollout of a:2 rolled back: why"),
        ("  x:Stack x  error: update failed\n  y  error: migration step 'm' failed", "migration step 'm' failed"),
        ("error: the stack is currently locked by 1 lock(s).", "the stack is currently locked by 1 lock(s)."),
        ("Resources: 3 unchanged", "no error"),
    ],
)  # fmt: skip
def test_the_verdict_is_the_first_reason_that_is_not_pulumis_own(output: str, first: str) -> None:
    assert verdict(output) == first


def test_a_row_is_one_line_of_the_table() -> None:
    row = Row("a | b", "why", 9.4, 100, 0, "serves")
    assert text([row]).splitlines()[-1] == "| a \\| b | why | 9.4 | 100 | 0 | serves |"


def test_the_page_says_when_and_on_what_its_table_was_made() -> None:
    made = page([Row("a fault", "why", 1.23, 4, 0, "serves")], "2026-11-27", "abc1234", 2, 3.6)
    assert "\nRun of 2026-11-27 at commit abc1234 on 2 CPUs, load average 4 at its end.\n" in made
    assert made.endswith("| a fault | why | 1.2 | 4 | 0 | serves |\n")


def test_the_page_names_the_faults_that_are_played_without_a_soak() -> None:
    """By the tests' own marks and titles: a fault that is moved to the soak must not stay promised."""
    tree = ast.parse(Path(str(test_faults.__file__)).read_text(encoding="utf-8"))
    tests = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")]
    titles: dict[str, bool] = {}
    for one in tests:
        soaked = "soak" in {ast.unparse(mark) for mark in one.decorator_list}
        calls = [call for call in ast.walk(one) if isinstance(call, ast.Call)]
        titles |= {ast.literal_eval(call.args[0]): soaked for call in calls if ast.unparse(call.func) == "scene.played"}
    assert len(titles) == len(tests), "every fault has its own title"
    assert {title for title, soaked in titles.items() if not soaked} == set(ALWAYS)
    assert PAGE.read_text(encoding="utf-8").startswith(HEAD)
    assert all(f"| {title} |" in PAGE.read_text(encoding="utf-8") for title in ALWAYS)
