"""The smoke request against servers on loopback that answer well, badly, and not at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Answer, ask, asking, complaint


@contextmanager
def saying(data: bytes) -> Iterator[str]:
    """A server that answers one connection with *data* and then says nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(data)
                done.wait(10)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/health"
        finally:
            done.set()
            thread.join(10)


def test_an_answer() -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as url:
        assert ask(url, 2) == Answer(200, "ok")


def heard(url: str, smoke: Smoke | None = None) -> bytes:
    """The request that reaches a server which is connected to in place of the URL's host."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        requests: list[bytes] = []

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                requests.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        wanted = replace(smoke, address=address) if smoke else Smoke(url, address=address)
        assert asking(wanted)(url, 2).status == 200
        thread.join(10)
    return requests[0]


@pytest.mark.parametrize("url", ["http://shop.example.com/health", "http://shop.example.com:8080/health"])
def test_another_address_is_asked_for_the_same_name(url: str) -> None:
    assert f"\r\nHost: {url.split('/')[2]}\r\n".encode() in heard(url), "the name in the URL is what is asked for"


def test_a_host_of_its_own_is_sent_once_and_in_place_of_the_urls() -> None:
    url = "http://balancer.example.com/health"
    request = heard(url, Smoke.parse({"url": url, "host": "shop.example.com"}))
    assert b"\r\nHost: shop.example.com\r\n" in request
    assert request.lower().count(b"\r\nhost:") == 1


def test_a_usual_port_goes_without_saying() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert ask(f"http://shop.example.com:{port}/", 0.2, "127.0.0.1").status == 0, "connected, and nobody speaks"
        taken.settimeout(2)
        taken.accept()[0].close()


def test_an_error_status_is_an_answer_and_what_it_prints_is_masked() -> None:
    with saying(b"HTTP/1.1 503 No\r\nContent-Length: 17\r\n\r\npassword=hunter2!") as url:
        assert ask(url, 2) == Answer(503, "password=***")


def test_a_redirect_is_an_answer_of_its_own() -> None:
    with saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as url:
        assert ask(url, 2).status == 302


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 503 No\r\nContent-Length: 10\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
    ],
    ids=["silence", "no HTTP", "an error whose body hangs", "a body that hangs"],
)
def test_a_sick_answer_is_no_answer(data: bytes) -> None:
    with saying(data) as url:
        answer = ask(url, 0.3)
    assert answer.status == 0
    assert answer.text


def test_nobody_there() -> None:
    assert ask("http://127.0.0.1:1/", 2).status == 0


def test_complaints() -> None:
    smoke = Smoke("http://x/health")
    assert complaint(smoke, Answer(200, "")) == ""
    assert (
        complaint(smoke, Answer(503, "no database")) == "GET http://x/health answered 503 instead of 200: no database"
    )
    assert complaint(smoke, Answer(0, "refused")) == "GET http://x/health was not answered: refused"


JSON = '{"status": "ok", "database": {"ready": true, "replicas": [{"lag": 1}]}}'


@pytest.mark.parametrize(
    ("wanted", "answer", "says"),
    [
        ({"body": "ready"}, Answer(200, JSON), ""),
        ({"body": "absent"}, Answer(200, JSON), "without 'absent' in it"),
        ({"json": {"status": "ok", "database.ready": True, "database.replicas.0.lag": 1}}, Answer(200, JSON), ""),
        ({"json": {"status": "ill"}}, Answer(200, JSON), 'its status is "ok" instead of "ill"'),
        ({"json": {"database.ready": 1}}, Answer(200, JSON), "its database.ready is true instead of 1"),
        ({"json": {"database.replicas.1.lag": 1}}, Answer(200, JSON), "its JSON has no database.replicas.1.lag"),
        ({"json": {"status.x": 1}}, Answer(200, JSON), "its JSON has no status.x"),
        ({"json": {"a": 1}}, Answer(200, "<html>"), "it is no JSON"),
        ({"json": {"a": 1}}, Answer(503, '{"a": 1}'), "answered 503 instead of 200"),
        ({"versionHeader": "X-Version", "version": "2"}, Answer(200, "", {"x-version": "2"}), ""),
        (
            {"versionHeader": "X-Version", "version": "2"},
            Answer(200, "", {"x-version": "1"}),
            "version '1' (X-Version)",
        ),
        ({"versionHeader": "X-Version", "version": "2"}, Answer(200, ""), ""),
        ({"versionHeader": "", "version": "2"}, Answer(200, "", {"x-version": "1"}), ""),
        ({"versionHeader": "X-Version", "version": ""}, Answer(200, "", {"x-version": "1"}), ""),
    ],
)
def test_what_must_be_in_an_answer(wanted: dict[str, object], answer: Answer, says: str) -> None:
    found = complaint(Smoke.parse({"url": "http://x/health", **wanted}), answer)
    assert says in found
    assert bool(found) is bool(says)


def test_headers_and_the_unmasked_body_are_read() -> None:
    data = b"HTTP/1.1 200 OK\r\nX-Version: 7\r\nContent-Length: 17\r\n\r\npassword=hunter2!"
    with saying(data) as url:
        answer = ask(url, 2)
    assert answer.headers["x-version"] == "7"
    assert answer.body == "password=hunter2!"
    assert "hunter2" not in complaint(Smoke(url, body="no"), answer)
