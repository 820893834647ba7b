"""Starting: settings checked whole, the database checked, then the server."""

import logging

import psycopg
import uvicorn

from notes import app, failure, health, log, schema, settings, store
from notes.connection import Unavailable, connect
from notes.pools import Pools
from notes.server import KEEP_ALIVE_SECONDS, Server

logger = logging.getLogger("notes")


def serve() -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        settings.Invalid, Unavailable, schema.Unreadable: before it listens.
    """
    database, service = settings.both()
    log.configure(service.log_level)
    history = schema.read()
    examine(database, history)
    connections = store.pool(database)
    tenants = Pools(database, connections, schema.read(schema.TENANT), service.tenant_pools)
    server: Server

    def draining() -> bool:
        return server.draining()

    config = uvicorn.Config(
        app.create(connections, tenants, history, service.app_version, draining),
        host="0.0.0.0",  # noqa: S104 - a container serves on every address that it has
        port=service.port,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    server = Server(config, service.shutdown_seconds)
    server.run()


def examine(database: settings.Database, history: schema.History) -> None:
    """Serve only from a database that answers and has the schema.

    Raises:
        Unavailable: with what is wrong and the remedy.
    """
    with connect(database, "start", logger.warning) as connection:
        found: tuple[str, ...] | psycopg.Error
        try:
            found = tuple(row[0] for row in connection.execute(schema.VERSIONS).fetchall())
        except psycopg.Error as error:
            found = error
    verdict = health.judge(history, found)
    if verdict.reason:
        cause = f" ({failure.line(found)})" if isinstance(found, psycopg.Error) else ""
        raise Unavailable(f"database {database.name} at {database.address}: {verdict.reason}{cause}")
    logger.info("the database is at %s", ", ".join(verdict.revisions))
