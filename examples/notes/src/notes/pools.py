"""Connections to the tenants' databases: a bounded set of small pools, the least used one making room."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg_pool import AsyncConnectionPool

from notes import schema, tenant
from notes.connection import parameters
from notes.schema import History
from notes.settings import Database
from notes.store import WAIT_SECONDS, Pool

CONNECTIONS = 2
"""Of one tenant's pool at most; none while nobody asks for that tenant."""

IDLE_SECONDS = 60.0


class Unknown(Exception):
    """No tenant has this id."""


class Behind(Exception):
    """The tenant's database is not at what this version needs. The text says what is lacking."""

    def __init__(self, text: str, database: str) -> None:
        super().__init__(text)
        self.database = database


class Entry:
    """One tenant's pool. `users`: requests in progress. `ready`: its schema was found to be what this image needs."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.users = 0
        self.opening = asyncio.Lock()
        self.ready = False


class Pools:
    """At most `limit` pools. One that is in use is never closed: when all are, a request waits WAIT_SECONDS."""

    def __init__(self, database: Database, master: Pool, history: History, limit: int) -> None:
        self.database = database
        self.master = master
        self.history = history
        self.limit = limit
        self.entries: OrderedDict[str, Entry] = OrderedDict()
        self.released = asyncio.Condition()

    @asynccontextmanager
    async def of(self, tenant_id: str) -> AsyncIterator[Pool]:
        """The tenant's pool, kept for as long as the block runs.

        Raises:
            Unknown, Behind
            TimeoutError: every pool is in use.
            psycopg.Error: the database does not answer.
        """
        async with asyncio.timeout(WAIT_SECONDS):
            entry = await self._take(tenant_id)
        try:
            async with entry.opening:
                if not entry.ready:
                    await self._examine(entry.pool)
                    entry.ready = True
            yield entry.pool
        finally:
            async with self.released:
                entry.users -= 1
                self.released.notify_all()

    async def close(self) -> None:
        """Close every pool; requests in progress end with an error."""
        while self.entries:
            _, entry = self.entries.popitem()
            await entry.pool.close(timeout=1)

    async def _take(self, tenant_id: str) -> Entry:
        name = None if tenant_id in self.entries else await self._database(tenant_id)
        spare: list[Pool] = []
        try:
            async with self.released:
                while tenant_id not in self.entries and len(self.entries) >= self.limit:
                    idle = next((known for known, entry in self.entries.items() if not entry.users), None)
                    if idle is not None:
                        spare.append(self.entries.pop(idle).pool)
                    else:
                        await self.released.wait()
                if tenant_id not in self.entries:
                    if name is None:  # its pool made room for another one since
                        name = await self._database(tenant_id)
                    self.entries[tenant_id] = Entry(await self._open(name))
                entry = self.entries[tenant_id]
                self.entries.move_to_end(tenant_id)
                entry.users += 1
                return entry
        finally:
            for pool in spare:
                await pool.close(timeout=1)

    async def _database(self, tenant_id: str) -> str:
        async with self.master.connection(timeout=WAIT_SECONDS) as connection:
            row = await (await connection.execute(tenant.DATABASE_OF, (tenant_id,))).fetchone()
        if row is None:
            raise Unknown
        return str(row[0])

    async def _open(self, name: str) -> Pool:
        pool: Pool = AsyncConnectionPool(
            kwargs=parameters(self.database.named(name), "serve", statement_timeout=f"{WAIT_SECONDS}s"),
            min_size=0,
            max_size=CONNECTIONS,
            timeout=WAIT_SECONDS,
            max_idle=IDLE_SECONDS,
            reconnect_timeout=WAIT_SECONDS,
            check=AsyncConnectionPool.check_connection,
            num_workers=1,
            open=False,
            name="tenant",
        )
        await pool.open()
        return pool

    async def _examine(self, pool: Pool) -> None:
        async with pool.connection() as connection:
            try:
                cursor = await connection.execute(schema.VERSIONS)
                current = tuple(row[0] for row in await cursor.fetchall())
            except psycopg.errors.UndefinedTable:
                current = ()
                await connection.rollback()
        lack = schema.lack(self.history, current)
        if lack:
            raise Behind(lack, connection.info.dbname)
