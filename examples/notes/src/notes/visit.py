"""What is done to one database, the master's or a tenant's, over its open connection."""

from collections.abc import Callable
from typing import Any

import psycopg

from notes import index, lock, privilege, revision
from notes.revision import Runner
from notes.schema import History

STATEMENT_LOCK_TIMEOUT = "10s"
"""How long a revision may wait for a table: while it waits, every later query of the service queues behind it."""

Say = Callable[[str], None]
Visit = Callable[[psycopg.Connection[Any], Say], bool]
"""Does the work; returns whether there was any to do. Raises revision.Failed, lock.Busy, Unreadable, psycopg.Error."""


def upgrade(runner: Runner, lock_seconds: int) -> Visit:
    """To the newest revision; a database that is there already is only looked at."""

    def visit(connection: psycopg.Connection[Any], say: Say) -> bool:
        if not runner.history.pending(revision.current(connection)):
            return False
        lock.take(connection, lock_seconds, say)
        pending = runner.history.pending(revision.current(connection))
        with runner.on(connection) as session:
            try:
                runner.upgrade(session, pending, say)
            except revision.Failed:
                if not connection.closed:
                    privilege.protect(connection)
                raise
            privilege.protect(connection)
        return bool(pending)

    return visit


def downgrade(runner: Runner, target: str | None, lock_seconds: int) -> Visit:
    """Back to `target`; a database that is there or before it is only looked at."""

    def visit(connection: psycopg.Connection[Any], say: Say) -> bool:
        if not runner.history.surplus(revision.current(connection), target):
            return False
        lock.take(connection, lock_seconds, say)
        surplus = runner.history.surplus(revision.current(connection), target)
        with runner.on(connection) as session:
            runner.downgrade(session, surplus, say)
        return bool(surplus)

    return visit


def verify(history: History) -> Visit:
    """Only looks: says each pending revision and each invalid index, and returns whether there is one. Needs CONNECT
    and SELECT only."""

    def visit(connection: psycopg.Connection[Any], say: Say) -> bool:
        pending = history.pending(revision.current(connection))
        for name, title in pending:
            say(f"database {connection.info.dbname} lacks {name} {title}")
        invalid = index.invalid(connection)
        for name in invalid:
            say(
                f"database {connection.info.dbname} has the invalid index {name}: drop it and create it again in a"
                " revision (DROP INDEX CONCURRENTLY IF EXISTS, then CREATE INDEX CONCURRENTLY)"
            )
        return bool(pending or invalid)

    return visit
