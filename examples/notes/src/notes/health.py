"""The deep health check: can this image serve from its database, now?"""

import asyncio
import logging
from dataclasses import dataclass

import psycopg

from notes import failure, schema
from notes.schema import History
from notes.store import Pool

logger = logging.getLogger("notes.health")

TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class Health:
    """reason: why the service cannot serve; None when it can. revisions: what the database is at."""

    reason: str | None
    revisions: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        return 503 if self.reason else 200


def judge(history: History, found: tuple[str, ...] | BaseException) -> Health:
    """The verdict on what asking the database brought: its revisions, or the error."""
    if isinstance(found, psycopg.errors.UndefinedTable) and "alembic_version" in str(found):
        return Health(schema.lack(history, ()))
    if isinstance(found, (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)):
        return Health("the schema lacks a table or a column that this version reads: a newer image took it away")
    if isinstance(found, psycopg.errors.InsufficientPrivilege):
        return Health("the database user may not read what this version needs")
    if isinstance(found, BaseException):
        return Health("the database is unreachable")
    return Health(schema.lack(history, found), found)


class Check:
    """Asks the database, one question at a time: callers that come meanwhile share its answer.

    A question that hangs is abandoned after TIMEOUT_SECONDS, but not repeated before it ends: to take back a query
    from a server that no longer answers takes the driver seconds, and must not use up the pool.
    """

    def __init__(self, connections: Pool, history: History) -> None:
        self.connections = connections
        self.history = history
        self.question: asyncio.Task[tuple[str, ...]] | None = None

    async def ask(self) -> Health:
        if self.question is None or self.question.done():
            self.question = asyncio.create_task(self._revisions())
        question = self.question
        done, _ = await asyncio.wait({question}, timeout=TIMEOUT_SECONDS)
        if not done:
            question.cancel()
            return self._told(TimeoutError(f"no answer within {TIMEOUT_SECONDS:g} s"))
        if question.cancelled():
            return self._told(TimeoutError("abandoned"))
        error = question.exception()
        return self._told(question.result() if error is None else error)

    def _told(self, found: tuple[str, ...] | BaseException) -> Health:
        health = judge(self.history, found)
        if health.reason:
            cause = f": {type(found).__name__}: {failure.line(found)}" if isinstance(found, BaseException) else ""
            logger.warning("%s%s", health.reason, cause)
        return health

    async def _revisions(self) -> tuple[str, ...]:
        async with self.connections.connection(timeout=TIMEOUT_SECONDS) as connection:
            cursor = await connection.execute(schema.VERSIONS)
            revisions = tuple(row[0] for row in await cursor.fetchall())
            if not schema.lack(self.history, revisions):  # a schema that is too old has its own reason
                await connection.execute(schema.PROBE)
            return revisions
