"""A new tenant: its database created, migrated and opened to the app role, then registered; every half is repaired."""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from notes import lock, privilege, revision
from notes.connection import connect
from notes.revision import Runner
from notes.schema import Unreadable
from notes.settings import Database
from notes.tenant import DATABASE_OF, Tenant, database_name, registry_exists
from notes.visit import STATEMENT_LOCK_TIMEOUT


class Refused(Exception):
    """The tenant cannot be provisioned as things are. The text is for people: what, why, remedy."""


def provision(
    master: psycopg.Connection[Any],
    database: Database,
    runner: Runner,
    tenant_id: str,
    lock_seconds: int,
    say: Callable[[str], None],
) -> None:
    """Idempotent. The row comes last: the service and `migrate tenants` know a tenant only when its database is whole.

    Raises:
        Refused, Unreadable, lock.Busy, revision.Failed, Unavailable, psycopg.Error
    """
    if not registry_exists(master):
        raise Unreadable("the master database has no table `tenants` yet: run `migrate master` first")
    lock.take(master, lock_seconds, say, subject=f"tenant {tenant_id}")
    row = master.execute(DATABASE_OF, (tenant_id,)).fetchone()
    master.commit()
    tenant = Tenant(tenant_id, row[0] if row else database_name(database.name, tenant_id))
    readers = privilege.readers(master)
    created = _create(master, tenant, registered=row is not None, say=say)
    where = database.named(tenant.database)
    with connect(where, "migrate", say, lock_timeout=STATEMENT_LOCK_TIMEOUT) as connection:
        if row is None and not created:
            _examine(connection, tenant)
        lock.take(connection, lock_seconds, say)
        pending = runner.history.pending(revision.current(connection))
        for reader in readers:
            privilege.open_to(connection, connection.info.user, reader)
        with runner.on(connection) as session:
            runner.upgrade(session, pending, say)
            privilege.protect(connection)
    if row is None:
        master.execute("INSERT INTO tenants (id, database) VALUES (%s, %s)", (tenant.id, tenant.database))
        master.commit()
        say(f"done: tenant {tenant.id} is in database {tenant.database} at {runner.history.head}")
    elif pending:
        say(f"done: tenant {tenant.id} is at {runner.history.head}")
    else:
        say(f"nothing to do: tenant {tenant.id} is in database {tenant.database} at {runner.history.head}")


def _create(master: psycopg.Connection[Any], tenant: Tenant, *, registered: bool, say: Callable[[str], None]) -> bool:
    """Create the database unless it is there; CREATE DATABASE is no part of a transaction, hence autocommit."""
    exists = master.execute("SELECT 1 FROM pg_database WHERE datname = %s", (tenant.database,)).fetchone()
    master.commit()
    if exists:
        return False
    if registered:
        raise Refused(
            f"tenant {tenant.id} is registered, but its database {tenant.database} is gone: restore it from a backup,"
            " or delete the tenant's row from the table `tenants` to begin anew with an empty one"
        )
    master.autocommit = True
    try:
        master.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(tenant.database)))
        # From the first moment on: by default every role of the server may connect.
        master.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(tenant.database)))
    finally:
        if not master.closed:
            master.autocommit = False
    say(f"created database {tenant.database}")
    return True


def _examine(connection: psycopg.Connection[Any], tenant: Tenant) -> None:
    """A database of that name that nobody registered is an earlier run's half, or somebody else's: then hands off."""
    row = connection.execute("""
        SELECT count(*) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND to_regclass('alembic_version') IS NULL
    """).fetchone()
    connection.commit()
    if row and row[0]:
        raise Refused(
            f"database {tenant.database} exists, but holds {row[0]} tables that no revision of ours made:"
            " rename it, or move it away"
        )
