"""The notes in the database."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

from notes.connection import parameters
from notes.settings import Database

Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]

WAIT_SECONDS = 5
"""The longest that a request waits for a connection, and then for its answer."""


class Note(BaseModel):
    id: int
    text: str
    created_at: datetime


def pool(database: Database) -> Pool:
    """A closed pool; connections are checked when taken, so one that a failover left dead is never handed out."""
    wanted = parameters(database, "serve", statement_timeout=f"{WAIT_SECONDS}s")
    return AsyncConnectionPool(
        kwargs=wanted,
        min_size=1,
        max_size=10,
        timeout=WAIT_SECONDS,
        reconnect_timeout=10,  # then the next request tries anew: no long back-off after a long outage
        check=AsyncConnectionPool.check_connection,
        open=False,
        name="notes",
    )


def usage(master: Pool, tenants: Collection[Pool]) -> dict[str, dict[str, int]]:
    """How the pools are used now, for the metrics."""
    found = {}
    for name, pools in (("master", [master]), ("tenants", list(tenants))):
        stats = [one.get_stats() for one in pools]
        found[name] = {
            "pools": len(pools),
            "connections": sum(one["pool_size"] for one in stats),
            "connections_idle": sum(one["pool_available"] for one in stats),
            "requests_waiting": sum(one["requests_waiting"] for one in stats),
        }
    return found


class Store:
    """Reads and writes notes. Every error of the database is a psycopg.Error or a TimeoutError."""

    def __init__(self, connections: Pool) -> None:
        self.connections = connections

    async def newest(self, limit: int = 100) -> list[Note]:
        async with self._cursor() as cursor:
            await cursor.execute("SELECT id, text, created_at FROM notes ORDER BY id DESC LIMIT %s", (limit,))
            return await cursor.fetchall()

    async def add(self, text: str) -> Note:
        async with self._cursor() as cursor:
            await cursor.execute("INSERT INTO notes (text) VALUES (%s) RETURNING id, text, created_at", (text,))
            (note,) = await cursor.fetchall()
        return note

    @asynccontextmanager
    async def _cursor(self) -> AsyncIterator[psycopg.AsyncCursor[Note]]:
        async with (
            asyncio.timeout(2 * WAIT_SECONDS),
            self.connections.connection() as connection,
            connection.cursor(row_factory=class_row(Note)) as cursor,
        ):
            yield cursor
