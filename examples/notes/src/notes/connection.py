"""Connections to the database."""

import time
from collections.abc import Callable
from typing import Any

import psycopg

from notes import failure
from notes.settings import Database

CONNECT_SECONDS = 3
RETRY_SECONDS = 0.5


class Unavailable(Exception):
    """The database cannot be used. The text is for people: what, why, remedy.

    everywhere: no other database of the server can be used either.
    """

    def __init__(self, text: str, *, everywhere: bool = False) -> None:
        super().__init__(text)
        self.everywhere = everywhere


def parameters(database: Database, purpose: str, **options: str) -> dict[str, Any]:
    """libpq's connection parameters. `purpose` shows in pg_stat_activity; `options` are server settings.

    tcp_user_timeout (milliseconds) and the keep-alives end a connection whose peer is gone, as after a failover.
    https://www.postgresql.org/docs/17/libpq-connect.html
    """
    found: dict[str, Any] = {
        "host": database.host,
        "port": database.port,
        "dbname": database.name,
        "user": database.user,
        "password": database.password.get_secret_value(),
        "sslmode": database.sslmode,
        "connect_timeout": CONNECT_SECONDS,
        "application_name": f"notes {purpose}",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    if database.sslmode == "verify-full":
        found["sslrootcert"] = str(database.ssl_cert_path)
    if options:
        found["options"] = " ".join(f"-c {name}={value}" for name, value in options.items())
    return found


def connect(
    database: Database,
    purpose: str,
    say: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    attempt: Callable[..., psycopg.Connection[Any]] = psycopg.connect,
    **options: str,
) -> psycopg.Connection[Any]:
    """Connect, waiting at most `database.wait_seconds` for a server that is on its way.

    A wrong password, a missing database or a failed TLS handshake is not waited for.

    Raises:
        Unavailable: with the last failure explained.
    """
    deadline = clock() + database.wait_seconds
    wanted = parameters(database, purpose, **options)
    said = ""
    while True:
        try:
            return attempt(**wanted)
        except psycopg.OperationalError as error:
            explanation = failure.explain(database, error)
            found = failure.classify(failure.line(error))
            everywhere = failure.everywhere(found.kind)
            if not found.passing:
                raise Unavailable(explanation, everywhere=everywhere) from error
            if clock() + RETRY_SECONDS >= deadline:
                raise Unavailable(f"{explanation}; waited {database.wait_seconds} s", everywhere=everywhere) from error
            if explanation != said:
                said = explanation
                say(f"waiting up to {database.wait_seconds} s for {explanation}")
        sleep(RETRY_SECONDS)
