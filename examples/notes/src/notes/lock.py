"""The advisory lock that keeps two migrations of one database from running side by side."""

import time
from collections.abc import Callable
from typing import Any

import psycopg

LOCK = 0x6E6F7465
"""A number of our own, `note` in ASCII. PostgreSQL counts it for each database apart.

https://www.postgresql.org/docs/17/explicit-locking.html#ADVISORY-LOCKS
"""

POLL_SECONDS = 0.5


class Busy(Exception):
    """Another process kept the lock until the deadline. The text is for people."""


def take(
    connection: psycopg.Connection[Any],
    seconds: int,
    say: Callable[[str], None],
    *,
    subject: str | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Hold the lock until the connection closes. With a subject, only what is done to that subject is locked out.

    Raises:
        Busy: after `seconds`.
    """
    call = "pg_try_advisory_lock(%s)" if subject is None else "pg_try_advisory_lock(%s, hashtext(%s))"
    words = (LOCK,) if subject is None else (LOCK, subject)
    what = "migration of this database" if subject is None else f"provisioning of {subject}"
    deadline = clock() + seconds
    waiting = False
    while True:
        row = connection.execute(f"SELECT {call}", words).fetchone()
        connection.commit()
        if row and row[0]:
            return
        if clock() >= deadline:
            raise Busy(f"another {what} is still running after {seconds} s; run this again when it ended")
        if not waiting:
            say(f"waiting up to {seconds} s for another {what} to end")
            waiting = True
        sleep(POLL_SECONDS)
