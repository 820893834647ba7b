"""Failures of the database told apart, and the waiting for it."""

from typing import Any

import psycopg
import pytest
from notes import failure
from notes.connection import Unavailable, connect
from notes.settings import Database

AT = 'connection failed: connection to server at "10.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("text", "kind", "passing"),
    [
        (AT + "Connection refused\n\tIs the server running?", "refused", True),
        ("failed to resolve host 'db': [Errno -2] Name or service not known", "name", True),
        ("connection timeout expired", "timeout", True),
        (AT + "FATAL:  the database system is starting up", "starting", True),
        (AT + "FATAL:  sorry, too many clients already", "capacity", True),
        (AT + "FATAL:  remaining connection slots are reserved", "capacity", True),
        (AT + 'FATAL:  password authentication failed for user "app"', "password", False),
        (AT + "fe_sendauth: no password supplied", "password", False),
        (AT + 'FATAL:  role "app" does not exist', "password", False),
        (AT + 'FATAL:  database "notes" does not exist', "database", False),
        (AT + "server does not support SSL, but SSL was required", "tls", False),
        (AT + "SSL error: certificate verify failed", "tls", False),
        (AT + 'server certificate for "a" does not match host name "b"', "tls", False),
        (
            AT + 'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "app", database "notes", no encryption',
            "tls",
            False,
        ),
        (
            AT + 'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "app", database "notes", SSL encryption',
            "access",
            False,
        ),
        (AT + 'FATAL:  database "notes_a" is not currently accepting connections', "closed", False),
        (AT + 'FATAL:  permission denied for database "notes"', "privilege", False),
        ("something new", "other", True),
    ],
)
def test_classify(text: str, kind: str, passing: bool) -> None:
    found = failure.classify(text)
    assert (found.kind, found.passing) == (kind, passing)


DATABASE = Database.model_construct(
    host="db.example", port=5432, name="notes", user="app", password=None, ssl=False, wait_seconds=3
)
DATABASE = DATABASE.model_copy(update={"password": type("Secret", (), {"get_secret_value": lambda self: "hush"})()})


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def attempt(outcomes: list[str | None]) -> tuple[Any, list[dict[str, Any]]]:
    """A connection attempt that fails with each text in turn; None is a connection; the last one stays."""
    calls: list[dict[str, Any]] = []

    def one(**wanted: Any) -> str:
        calls.append(wanted)
        text = outcomes[min(len(calls), len(outcomes)) - 1]
        if text is not None:
            raise psycopg.OperationalError(text)
        return "a connection"

    return one, calls


@pytest.mark.parametrize(
    ("outcomes", "tries", "said", "end", "everywhere"),
    [
        ([None], 1, 0, None, False),
        (["Connection refused", "Connection refused", None], 3, 1, None, False),
        (["Connection refused", "the database system is starting up", None], 3, 2, None, False),
        (["password authentication failed"], 1, 0, "check DB_USER and DB_PASSWORD", True),
        (["Connection refused", "password authentication failed"], 2, 1, "check DB_USER and DB_PASSWORD", True),
        (["Connection refused"], 6, 1, "waited 3 s", True),
        (['database "notes" does not exist'], 1, 0, "check DB_NAME", False),
        (['too many connections for database "notes"'], 6, 1, "waited 3 s", False),
    ],
)
def test_connect_waits_for_what_may_pass(
    outcomes: list[str | None], tries: int, said: int, end: str | None, everywhere: bool
) -> None:
    one, calls = attempt(outcomes)
    lines: list[str] = []
    time = Time()

    def go() -> Any:
        return connect(DATABASE, "test", lines.append, clock=lambda: time.now, sleep=time.sleep, attempt=one)

    if end is None:
        assert go() == "a connection"
    else:
        with pytest.raises(Unavailable, match=end) as caught:
            go()
        assert "\n" not in str(caught.value)
        assert "hush" not in str(caught.value)
        assert caught.value.everywhere is everywhere
    assert (len(calls), len(lines)) == (tries, said)
    assert time.now <= DATABASE.wait_seconds
