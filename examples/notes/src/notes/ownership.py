"""Handing a database, and what an earlier version made in it as the master user, over to the owner role."""

from typing import Any

import psycopg
from psycopg import sql

# An extension's objects stay with it (deptype e); the sequence of a column goes with its table (a, i).
_MINE = """
    WITH dependent AS (SELECT classid, objid FROM pg_depend WHERE deptype IN ('a', 'i', 'e')),
         ours AS (SELECT oid, nspname, nspowner FROM pg_namespace
                  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
    SELECT 'SCHEMA', quote_ident(nspname), nspname::text FROM ours WHERE nspowner = current_user::regrole
    UNION ALL
    SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                          WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, c.oid::regclass::text, c.relname
    FROM pg_class c JOIN ours ON ours.oid = c.relnamespace
    WHERE c.relowner = current_user::regrole AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM dependent)
    UNION ALL
    SELECT 'ROUTINE', p.oid::regprocedure::text, p.proname
    FROM pg_proc p JOIN ours ON ours.oid = p.pronamespace
    WHERE p.proowner = current_user::regrole
      AND ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM dependent)
    UNION ALL
    SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, t.oid::regtype::text, t.typname
    FROM pg_type t JOIN ours ON ours.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typowner = current_user::regrole
      AND (t.typtype IN ('d', 'e', 'r') OR (t.typtype = 'c' AND c.relkind = 'c'))
      AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM dependent)
"""

_OWNER = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"


def transfer(connection: psycopg.Connection[Any], owner: str) -> list[str]:
    """Make `owner` the owner of this database and of the current user's objects in it; returns their names.

    REASSIGN OWNED would do it too, but also give away the user's other databases. Not committed.

    Raises:
        psycopg.errors.InsufficientPrivilege: the database belongs to a third role.
    """
    taken = []
    role = sql.Identifier(owner)
    row = connection.execute(_OWNER).fetchone()
    if row and row[0] != owner:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, role))
        taken.append("the database")
    # Before PostgreSQL 15, and in what was upgraded from there, public belongs to whoever initialised the server.
    connection.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(role))
    for kind, quoted, name in connection.execute(_MINE).fetchall():
        connection.execute(sql.SQL("ALTER {} {} OWNER TO {}").format(sql.SQL(kind), sql.SQL(quoted), role))
        taken.append(str(name))
    return taken
