"""What `make up` makes of the state and of the URL's answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.stack import own_resources
from local.toolchain.process import Failed
from local.up import ask


class Answers(BaseHTTPRequestHandler):
    statuses: tuple[int, ...] = ()
    asked = 0

    def do_GET(self) -> None:
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
    assert ask(f"http://127.0.0.1:{server.server_port}/", 10) == answer
    assert Answers.asked == asked


def test_a_url_that_never_answers_is_a_failure_with_its_last_word(server: HTTPServer) -> None:
    Answers.statuses = (503,)
    with pytest.raises(Failed, match=r"did not answer within 0\.5 s: 503 Service Unavailable"):
        ask(f"http://127.0.0.1:{server.server_port}/", 0.5)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(Failed, match="not an address"):
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
