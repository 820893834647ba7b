"""The comment, on an HTTP server that keeps comments as GitHub does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.comment import MARK, Conversation
from pipeline.failed import Failed

TOKEN = "t"


class GitHub(ThreadingHTTPServer):
    """Issue comments of one repository ("REST API endpoints for issue comments" in GitHub's documentation)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments: list[dict[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        size, page = int(query["per_page"][0]), int(query["page"][0])
        self._answer(200, self.server.comments[size * (page - 1) : size * page])

    def do_POST(self) -> None:
        made = {"id": len(self.server.comments) + 1, "body": self._body()}
        self.server.comments.append(made)
        self._answer(201, made)

    def do_PATCH(self) -> None:
        [one] = [one for one in self.server.comments if one["id"] == int(self.path.rpartition("/")[2])]
        one["body"] = self._body()
        self._answer(200, one)

    def _body(self) -> str:
        return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

    def _answer(self, status: int, answer: Any) -> None:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            status, answer = 403, {"message": "Resource not accessible by integration"}
        whole = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole)

    def log_message(self, *_: Any) -> None:
        """The tests' output stays readable."""


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=10)


def conversation(github: GitHub, token: str = TOKEN) -> Conversation:
    return Conversation(f"http://127.0.0.1:{github.server_port}", "shop/shop", 3, token)


def test_there_is_one_comment_however_often_it_is_written(github: GitHub) -> None:
    github.comments += [{"id": number + 1, "body": f"person {number}"} for number in range(150)]
    conversation(github).say(f"{MARK}\nfirst")
    conversation(github).say(f"{MARK}\nsecond")
    assert len(github.comments) == 151
    assert github.comments[-1]["body"] == f"{MARK}\nsecond"
    assert github.comments[0]["body"] == "person 0"


def test_a_comment_that_only_quotes_it_is_somebody_elses(github: GitHub) -> None:
    github.comments.append({"id": 1, "body": f"> {MARK}\nwhat is this?"})
    conversation(github).say(f"{MARK}\nfirst")
    assert len(github.comments) == 2


def test_a_refusal_says_what_github_said(github: GitHub) -> None:
    with pytest.raises(Failed, match=r"answered 403: .*not accessible by integration"):
        conversation(github, token="other").say("x")
