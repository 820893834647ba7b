"""The web service as the app role, on a real server: tenants apart, a bounded set of pools, TLS verified."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.notes.stage import BOSS, DEADLINE, Stage


@contextmanager
def serving(stage: Stage, *, names_tenants: bool = False, **settings: str) -> Iterator[http.client.HTTPConnection]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    process = stage.start("notes", login=stage.app, PORT=str(port), APP_VERSION="1.2.3", **settings)
    try:
        deadline = time.monotonic() + DEADLINE
        while True:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, process.communicate(timeout=DEADLINE)
            assert time.monotonic() < deadline, "the service does not listen"
            time.sleep(0.05)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
        yield connection
        connection.close()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=DEADLINE)
        assert process.returncode == 0, out + err
        assert ("org_" in out + err) is names_tenants, "a tenant is in the log when its database fails, and only then"
        assert "hush" not in out + err
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=DEADLINE)


def ask(connection: http.client.HTTPConnection, path: str, body: Any = None) -> tuple[int, str]:
    headers = {"Content-Type": "application/json"}
    connection.request("GET" if body is None else "POST", path, body and json.dumps(body), headers)
    answer = connection.getresponse()
    assert answer.getheader("X-Version") == "1.2.3"
    return answer.status, answer.read().decode()


def test_each_tenant_has_its_own_notes(bootstrapped: Stage) -> None:
    stage = bootstrapped
    with serving(stage) as connection:
        assert ask(connection, "/t/org_a/notes", {"text": "of a"})[0] == 201
        assert ask(connection, "/t/org_b/notes", {"text": "of b"})[0] == 201
        assert [note["text"] for note in json.loads(ask(connection, "/t/org_a/notes")[1])] == ["of a"]
        status, page = ask(connection, "/t/org_b")
        assert (status, "Notes of org_b" in page, "of b" in page, "of a" in page) == (200, True, True, False)
        assert "version 1.2.3" in page
        assert [note["text"] for note in json.loads(ask(connection, "/notes")[1])] == [
            "This note was written by the first migration."
        ]
        assert ask(connection, "/t/org_nobody/notes")[0] == 404
        assert ask(connection, "/health")[0] == 200


def test_the_set_of_pools_is_bounded(bootstrapped: Stage) -> None:
    stage = bootstrapped
    with serving(stage, TENANT_POOLS="2") as connection:
        for _ in range(2):
            for tenant in ("org_a", "org_b", "org_c"):
                assert ask(connection, f"/t/{tenant}/notes")[0] == 200
        numbers = ask(connection, "/metrics")[1]
        assert 'notes_database_pools{database="tenants"} 2.0' in numbers
        assert 'notes_requests_total{method="GET",route="/t/{organisation}/notes",status="200"} 6.0' in numbers
        held = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND datname LIKE %s"
        with stage.connect() as watcher:
            row = watcher.execute(held, (stage.app[0], f"{stage.name}_org%")).fetchone()
        assert row is not None
        assert 1 <= row[0] <= 4


def test_a_tenant_that_is_behind_or_gone_is_told_and_the_others_are_served(bootstrapped: Stage) -> None:
    stage = bootstrapped
    stage.migrate("rollback-tenants", login=stage.owner, ROLLBACK_TO="base")
    stage.sql(f'DROP DATABASE "{stage.of("org_c")}"', login=stage.owner)
    with serving(stage, names_tenants=True) as connection:
        status, body = ask(connection, "/t/org_a/notes")
        assert (status, "run `migrate tenants`" in body) == (503, True)
        assert ask(connection, "/t/org_c/notes")[0] == 503
        stage.migrate("tenants", login=stage.owner, expect=1)
        assert ask(connection, "/t/org_a/notes")[0] == 200
        assert ask(connection, "/notes")[0] == 200


def test_it_does_not_start_on_a_master_database_that_is_behind(stage: Stage) -> None:
    stage.bootstrap()
    process = stage.start("notes", login=stage.app)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert "the schema is missing: run `migrate master`" in err


@pytest.mark.parametrize(
    ("host", "trusted", "said"),
    [
        ("localhost", True, None),
        ("localhost", False, "the server's certificate is not trusted"),
        ("127.0.0.1", True, "the server's certificate is not trusted"),  # it was issued to localhost
    ],
)
def test_the_server_is_verified(stage: Stage, host: str, trusted: bool, said: str | None) -> None:
    """Trusted: by a bundle that the image was built with, here in the place it has there."""
    stage.migrate("master")
    bundles = stage.source / "certs"
    bundles.mkdir()
    (bundles / "ca.pem").write_bytes(stage.server.ca.read_bytes())
    settings = {"DB_SSL": "true", "DB_HOST": host}
    if not trusted:
        settings["DB_SSL_CERT_PATH"] = str(stage.server.other_ca)
    finished = stage.migrate("verify", login=BOSS, expect=0 if said is None else 1, **settings)
    assert said is None or said in finished.err
