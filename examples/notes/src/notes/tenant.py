"""The tenants: one database each, registered in the master database."""

import hashlib
from dataclasses import dataclass
from typing import Any

import psycopg

from notes.schema import Unreadable

NAME_BYTES = 63
"""The longest name that PostgreSQL keeps whole. https://www.postgresql.org/docs/17/limits.html"""

DATABASE_OF = "SELECT database FROM tenants WHERE id = %s"


@dataclass(frozen=True)
class Tenant:
    id: str
    database: str


def database_name(master: str, tenant: str) -> str:
    """A tenant's database: the master database's name and the tenant's id; too long, it ends in a hash of both."""
    name = f"{master}_{tenant}"
    if len(name.encode()) <= NAME_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name.encode()[: NAME_BYTES - 17].decode(errors='ignore')}_{digest}"


def registry_exists(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT to_regclass('tenants') IS NOT NULL").fetchone()
    connection.commit()
    return bool(row and row[0])


def listed(connection: psycopg.Connection[Any]) -> list[Tenant]:
    """Every tenant, in the order of the ids.

    Raises:
        Unreadable: the master database has no register of them yet.
    """
    if not registry_exists(connection):
        raise Unreadable("the master database has no table `tenants` yet: run `migrate master` first")
    rows = connection.execute('SELECT id, database FROM tenants ORDER BY id COLLATE "C"').fetchall()
    connection.commit()
    return [Tenant(*row) for row in rows]
