"""Who may do what in one database, when an owner role and an app role were made; without them this does nothing."""

from typing import Any

import psycopg
from psycopg import sql

READ_ONLY = ("alembic_version", "tenants")
"""Tables that only a migration writes: they decide what is migrated, and where."""

_READERS = """
    SELECT DISTINCT r.rolname
    FROM pg_default_acl d, aclexplode(d.defaclacl) granted JOIN pg_roles r ON r.oid = granted.grantee
    WHERE d.defaclrole = current_user::regrole AND d.defaclobjtype = 'r' AND d.defaclnamespace = 0
      AND granted.grantee <> d.defaclrole
    ORDER BY 1
"""

_WRITERS = """
    SELECT DISTINCT c.relname, r.rolname
    FROM pg_class c, aclexplode(c.relacl) granted JOIN pg_roles r ON r.oid = granted.grantee
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname = ANY (%s)
      AND pg_has_role(current_user, c.relowner, 'USAGE') AND granted.grantee <> c.relowner
      AND granted.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')
"""

_CLOSED = """
    SELECT n.nspname FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
    WHERE r.rolname = %s AND n.nspacl IS NULL AND n.nspname <> 'public'
"""
"""Schemas of the owner for which nobody has granted or revoked anything: made before default privileges were set."""


def readers(connection: psycopg.Connection[Any]) -> list[str]:
    """The roles that the current user's future tables in this database are opened to: `bootstrap` said so."""
    found = [str(row[0]) for row in connection.execute(_READERS).fetchall()]
    connection.commit()
    return found


def open_to(connection: psycopg.Connection[Any], owner: str, app: str) -> None:
    """Let the app role read and write rows in this database, now and in every schema and table that the owner makes
    later, and no more.

    PUBLIC, which is every role of the server, loses what it has by default. A schema that a migration has closed
    (REVOKE USAGE) stays closed. Needs the owner's rights.
    https://www.postgresql.org/docs/17/ddl-priv.html
    https://www.postgresql.org/docs/17/sql-alterdefaultprivileges.html
    """
    names = {
        "database": sql.Identifier(connection.info.dbname),
        "owner": sql.Identifier(owner),
        "app": sql.Identifier(app),
    }
    schemas = ["public", *(str(row[0]) for row in connection.execute(_CLOSED, (owner,)).fetchall())]
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "REVOKE ALL ON DATABASE {database} FROM {app}",
        "REVOKE ALL ON SCHEMA public FROM {app}",
        "GRANT CONNECT ON DATABASE {database} TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    ):
        connection.execute(sql.SQL(statement).format(**names))
    for schema in schemas:
        for statement in (
            "GRANT USAGE ON SCHEMA {schema} TO {app}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {app}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {app}",
        ):
            connection.execute(sql.SQL(statement).format(schema=sql.Identifier(schema), **names))
    protect(connection)


def protect(connection: psycopg.Connection[Any]) -> None:
    """Take the right to write from everybody but the owner, where only migrations write."""
    for table, role in connection.execute(_WRITERS, (list(READ_ONLY),)).fetchall():
        names = sql.Identifier("public", table), sql.Identifier(role)
        connection.execute(sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}").format(*names))
    connection.commit()
