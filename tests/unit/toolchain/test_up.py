"""What `make up` makes of the state and of the URL's answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from local.first_answer import ask, first_answer, said
from local.stack import own_resources
from local.toolchain.process import SetupFailed


class Answers(BaseHTTPRequestHandler):
    statuses: tuple[int, ...] = ()
    health = 200
    asked = 0

    def do_GET(self) -> None:
        if self.path == "/health":
            self.send_response(self.health)
            self.end_headers()
            return
        status = self.statuses[min(type(self).asked, len(self.statuses) - 1)]
        type(self).asked += 1
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: pytest's output is read by people."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Answers.asked = 0
    with HTTPServer(("127.0.0.1", 0), Answers) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join(timeout=10)


@pytest.mark.parametrize(
    ("statuses", "answer", "asked"),
    [((200,), "200 OK", 1), ((503, 502, 200), "200 OK", 3), ((404,), "404 Not Found", 1)],
)
def test_the_url_is_asked_until_the_service_itself_answers(
    server: HTTPServer, statuses: tuple[int, ...], answer: str, asked: int
) -> None:
    Answers.statuses = statuses
    assert said(ask(f"http://127.0.0.1:{server.server_port}/", 10)) == answer
    assert Answers.asked == asked


def test_a_url_that_never_answers_is_a_failure_with_its_last_word(server: HTTPServer) -> None:
    Answers.statuses = (503,)
    with pytest.raises(SetupFailed, match=r"did not answer within 0\.5 s: 503 Service Unavailable"):
        ask(f"http://127.0.0.1:{server.server_port}/", 0.5)


def outputs(server: HTTPServer) -> dict[str, Any]:
    url = f"http://127.0.0.1:{server.server_port}"
    return {"url": url, "gate": {"smoke": {"url": f"{url}/health", "status": 200}}}


def answered(server: HTTPServer, status: int, health: int = 200) -> str:
    Answers.statuses, Answers.health = (status,), health
    return first_answer(SimpleNamespace(env={}, stack="local"), outputs(server))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, "200 OK"),
        (204, "204 No Content"),
        (302, "302 Found"),
        (404, "404 Not Found; /health answers 200 OK"),  # an API without a page
        (401, "401 Unauthorized; /health answers 200 OK"),
    ],
)
def test_a_url_that_serves_its_users(server: HTTPServer, status: int, text: str) -> None:
    assert answered(server, status) == text


@pytest.mark.parametrize(("status", "health"), [(400, 200), (421, 200), (404, 503), (404, 404)])
def test_a_url_that_does_not_is_no_success(server: HTTPServer, status: int, health: int) -> None:
    with pytest.raises(
        SetupFailed, match=rf"answers {status} .*: the stack is deployed, and that is what its users get\n  fix"
    ):
        answered(server, status, health)


def test_a_refused_host_is_said_with_what_to_allow(server: HTTPServer) -> None:
    with pytest.raises(
        SetupFailed, match=r"accept the Host header 127\.0\.0\.1, like `app\.environment: .*\$\{service\.host\}"
    ):
        answered(server, 400)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(SetupFailed, match="not an address"):
        ask("file:///etc/passwd", 1)


@pytest.mark.parametrize(
    ("deployment", "urns"),
    [
        ({"version": 3, "deployment": {}}, []),
        ({"version": 3, "deployment": {"resources": None}}, []),
        ({"version": 3}, []),
        (
            {
                "deployment": {
                    "resources": [
                        {"urn": "urn:stack", "type": "pulumi:pulumi:Stack"},
                        {"urn": "urn:provider", "type": "pulumi:providers:aws"},
                        {"urn": "urn:vpc", "type": "aws:ec2/vpc:Vpc"},
                    ]
                }
            },
            ["urn:vpc"],
        ),
    ],
)
def test_own_resources(deployment: dict[str, object], urns: list[str]) -> None:
    assert own_resources(deployment) == urns
