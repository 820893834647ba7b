"""The service's real processes, without a database: refusing to start, serving, draining, and their exit codes."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from notes import probe, server
from notes.headers import SECURITY

SOURCE = Path(server.__file__).parents[1]
DEADLINE = 20
SETTINGS = {"DB_HOST": "127.0.0.1", "DB_NAME": "notes", "DB_USER": "app", "DB_PASSWORD": "hush-1", "DB_SSL": "false"}

# The application on a database that is not there, with one slow route: everything but the start's own check.
SERVE = """
import asyncio, sys
from fastapi import FastAPI
import uvicorn
from notes import app, log, schema, settings, store
from notes.pools import Pools
from notes.server import Server
database, service = settings.both()
log.configure("INFO")
pool = store.pool(database)
tenants = Pools(database, pool, schema.read(schema.TENANT), service.tenant_pools)
inner = app.create(pool, tenants, schema.read(), "1.2.3", lambda: server.draining())
async def outer(scope, receive, send):
    if scope.get("path") == "/live" and scope["query_string"] == b"slow":
        await asyncio.sleep(1.5)
    await inner(scope, receive, send)
config = uvicorn.Config(outer, host="127.0.0.1", port=service.port, http="h11", loop="asyncio", ws="none",
    log_config=None, access_log=False)
server = Server(config, service.shutdown_seconds)
server.run()
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def process(*command: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1", **SETTINGS, **settings}
    child = subprocess.Popen(
        [sys.executable, *command], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate(timeout=DEADLINE)


@contextmanager
def serving() -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    with process("-c", SERVE, PORT=str(port), DB_PORT=str(free_port()), SHUTDOWN_SECONDS="10") as child:
        deadline = time.monotonic() + DEADLINE
        while not probe.alive(port):
            assert child.poll() is None, child.stderr and child.stderr.read()
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)
        yield child, port


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, str, http.client.HTTPResponse]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer


@pytest.mark.parametrize(
    ("since", "quiet", "connections", "requests", "over"),
    [
        (0.1, 0.1, 0, 0, True),
        (0.1, 60.0, 3, 0, False),
        (1.9, 60.0, 3, 0, False),
        (2.0, 60.0, 3, 0, True),
        (5.0, 1.0, 3, 0, False),
        (5.0, 2.0, 3, 0, True),
        (5.0, 0.0, 3, 1, False),
        (17.0, 0.0, 3, 1, True),
    ],
)
def test_drained(since: float, quiet: float, connections: int, requests: int, over: bool) -> None:
    found = server.drained(since=since, quiet=quiet, connections=connections, requests=requests, allowed=17.0)
    assert found is over


def test_without_a_database_it_lives_and_says_so() -> None:
    with serving() as (child, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
        status, _, answer = ask(connection, "/live")
        assert (status, answer.getheader("X-Version")) == (200, "1.2.3")
        assert {name: answer.getheader(name) for name in SECURITY} == SECURITY
        status, body, _ = ask(connection, "/health")
        assert (status, json.loads(body)["reason"]) == (503, "the database is unreachable")
        status, body, _ = ask(connection, "/notes?mail=bob@example.com")
        assert (status, json.loads(body)["reason"]) == (503, "the database does not answer")
        assert ask(connection, "/people/bob@example.com")[0] == 404
        assert ask(connection, "/t/org_bob/notes")[0] == 503
        assert ask(connection, "/t/bob@example.com/notes")[0] == 422
        status, numbers, _ = ask(connection, "/metrics")
        connection.close()
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=DEADLINE)
    lines = [json.loads(line) for line in out.splitlines()]
    requests = [line for line in lines if line["message"] == "request"]
    answered = {f"{line['method']} {line['path']} {line['status']}" for line in requests}
    tenants = {"GET /t/{organisation}/notes 503", "GET /t/{organisation}/notes 422"}
    assert answered - tenants == {
        "GET /live 200",
        "GET /health 503",
        "GET /notes 503",
        "GET (no route) 404",
        "GET /metrics 200",
    }
    assert tenants < answered
    assert 'notes_requests_total{method="GET",route="/notes",status="503"} 1.0' in numbers
    assert 'notes_requests_total{method="GET",route="/t/{organisation}/notes",status="422"} 1.0' in numbers
    assert 'notes_request_seconds_count{method="GET",route="/health"} 1.0' in numbers
    assert 'notes_database_connections{database="master"} 0.0' in numbers
    assert 'notes_info{version="1.2.3"} 1.0' in numbers
    assert "bob" not in numbers
    assert all(line["request_id"] and line["ms"] >= 0 for line in requests)
    assert "bob" not in out + err
    assert "hush" not in out + err


def test_sigterm_loses_no_request_on_an_open_connection() -> None:
    with serving() as (child, port):
        busy, idle = (http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE) for _ in range(2))
        assert ask(idle, "/live")[2].getheader("Connection") is None
        busy.request("GET", "/live?slow")
        child.send_signal(signal.SIGTERM)
        status, _, answer = ask(idle, "/live")
        assert (status, answer.getheader("Connection")) == (200, "close")
        assert busy.getresponse().status == 200
        out, _ = child.communicate(timeout=DEADLINE)
        assert child.returncode == 0, out


@pytest.mark.parametrize(
    ("command", "settings", "code", "said"),
    [
        (("-m", "notes"), {"DB_HOST": ""}, 1, "notes cannot start: 1 setting is wrong\n  DB_HOST is missing"),
        (("-m", "notes"), {"DB_PORT": "REFUSED", "DB_WAIT_SECONDS": "1"}, 1, "the server refuses connections"),
        (("-m", "notes.migrate", "verify"), {"DB_HOST": ""}, 1, "migrate: 1 setting is wrong\n  DB_HOST is missing"),
        (("-m", "notes.migrate", "master"), {"DB_PORT": "REFUSED", "DB_WAIT_SECONDS": "1"}, 1, "the server refuses"),
        (
            ("-m", "notes.migrate", "tenants"),
            {"DB_HOST": "", "SHARD_COUNT": "3"},
            1,
            "server\n  SHARD_INDEX is missing: set it to this task's number",
        ),
        (("-m", "notes.migrate", "provision"), {}, 1, "migrate: 1 setting is wrong\n  CLERK_ORG_ID is missing"),
        (("-m", "notes.migrate", "bootstrap"), {}, 1, "migrate: 4 settings are wrong\n  OWNER_USER is missing"),
        (("-m", "notes.migrate", "rollback-master"), {"ROLLBACK_TO": "9"}, 1, "set it to one of 0001, 0002, base"),
        (("-m", "notes.migrate", "rollback-tenants"), {}, 1, "set ROLLBACK_TO=base to drop all"),
        (("-m", "notes.migrate"), {}, 2, "usage: migrate"),
        (("-m", "notes.migrate", "everything"), {}, 2, "invalid choice"),
    ],
)
def test_exit_codes(command: tuple[str, ...], settings: dict[str, str], code: int, said: str) -> None:
    found = {key: str(free_port()) if value == "REFUSED" else value for key, value in settings.items()}
    with process(*command, **found) as child:
        out, err = child.communicate(timeout=DEADLINE)
    assert (child.returncode, said in err) == (code, True), err
    assert "Traceback" not in out + err
    assert "hush" not in out + err


def test_sigterm_while_waiting_for_the_database_is_never_0() -> None:
    with process("-m", "notes.migrate", "master", DB_PORT=str(free_port())) as child:
        assert child.stdout is not None
        assert "waiting up to 20 s" in child.stdout.readline()
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=DEADLINE)
    assert child.returncode == 143
    assert "ended by SIGTERM" in err


def test_the_probe_sees_no_server() -> None:
    assert not probe.alive(free_port())
