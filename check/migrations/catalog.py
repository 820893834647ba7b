"""Reads the scratch server's catalogs: tables, names, invalid indexes, and relations that the service's user cannot
access.

Sources: PostgreSQL, "System Catalogs" and "Access Privilege Inquiry Functions".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from check import docker
from check.migrations.scratch import Scratch
from check.migrations.statement import bookkeeping

_TABLES = """
    SELECT c.oid, quote_ident(n.nspname), quote_ident(c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
_NAMES = """
    WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
    SELECT c.relname FROM pg_class c JOIN ours ON ours.oid = c.relnamespace
    UNION SELECT t.typname FROM pg_type t JOIN ours ON ours.oid = t.typnamespace WHERE t.typelem = 0
    UNION SELECT p.proname FROM pg_proc p JOIN ours ON ours.oid = p.pronamespace
    UNION SELECT nspname FROM ours WHERE nspname <> 'public'
"""
_INVALID = """
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), i.indrelid::regclass
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_' ORDER BY 1
"""
"""Without partitioned indexes (relkind I), which are invalid until their partitions have one."""
_RELATIONS = """
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, pg_get_userbyid(c.relowner) AS owner,
           CASE c.relkind WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' ELSE 'table ' END || c.relname AS kind,
           n.nspname, has_database_privilege(r.oid, current_database(), 'CONNECT') AS connects,
           has_schema_privilege(r.oid, n.oid, 'USAGE') AS enters,
           CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(r.oid, c.oid, 'USAGE, SELECT, UPDATE')
                ELSE has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE')
                     OR has_table_privilege(r.oid, c.oid, 'DELETE') END AS uses
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.rolname = :user
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT c.relispartition
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                      AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype = 'i'))
"""
"""A user's privileges on each relation. A partition is accessed through its table; relations of an extension and
sequences of identity columns need no privilege."""
_REACH = """
    SELECT CASE WHEN NOT connects THEN 'permission denied for database ' || current_database()
                WHEN NOT enters THEN 'permission denied for schema ' || nspname
                ELSE 'permission denied for ' || kind END, name, owner
    FROM relations WHERE NOT (connects AND enters AND uses) ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Table:
    """A table or materialized view.

    Attributes:
        name: with its schema, quoted where SQL needs it.
    """

    database: str
    oid: int
    name: str

    @property
    def short(self) -> str:
        """Return the name without the schema public."""
        return self.name.removeprefix("public.")


@dataclass(frozen=True)
class Unreachable:
    """A relation that a user has no privilege on.

    Attributes:
        why: PostgreSQL's error message.
        name: with its schema.
        owner: of the relation.
    """

    database: str
    why: str
    name: str
    owner: str


def tables(scratch: Scratch) -> list[Table]:
    """Return every table of the application."""
    return [Table(base, int(oid), f"{schema}.{name}") for base, (oid, schema, name) in scratch.everywhere(_TABLES)]


def names(scratch: Scratch) -> frozenset[str]:
    """Return all names in the application's databases: relations, types, routines, schemas."""
    return frozenset(row[0] for _, row in scratch.everywhere(_NAMES))


def invalid(scratch: Scratch) -> list[str]:
    """Return the invalid indexes: `public.products_name on products`, with the database if it is not the first one."""
    return [
        f"{index} on {table}" + (f" in database {base}" if base != scratch.database else "")
        for base, (index, table) in scratch.everywhere(_INVALID)
    ]


def unreachable(scratch: Scratch, user: str) -> list[Unreachable]:
    """Return the relations that a user cannot access, without those that only migration tools use."""
    quoted = "'" + user.replace("'", "''") + "'"
    query = f"WITH relations AS ({_RELATIONS.replace(':user', quoted)}) {_REACH}"
    found = [Unreachable(base, *row) for base, row in scratch.everywhere(query)]
    return [one for one in found if not bookkeeping(one.name)]


def rows(scratch: Scratch, table: Table) -> int | None:
    """Return the number of rows of a table; None when it was dropped."""
    try:
        return int(scratch.sql(f"SELECT count(*) FROM {table.name}", table.database)[0][0])  # noqa: S608 - quoted name
    except docker.DockerFailed:
        return None


def shown(found: Sequence[Unreachable], first: str) -> list[str]:
    """Return a line for each, with the database if it is not the first one."""
    return [
        f"{one.name} (owner {one.owner}{f', database {one.database}' if one.database != first else ''}): {one.why}"
        for one in found
    ]
