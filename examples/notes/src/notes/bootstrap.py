"""Least privilege, made by the master user: an owner role that migrates, an app role that only reads and writes rows.

Works where the master user is no superuser, as on Amazon RDS: it makes itself a member of the owner first.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
"""

from typing import Any

import psycopg
from psycopg import sql
from pydantic import SecretStr

from notes import fleet, lock, ownership, privilege, tenant
from notes.connection import connect
from notes.inputs import Roles
from notes.settings import Database
from notes.visit import STATEMENT_LOCK_TIMEOUT, Say, Visit


class Refused(Exception):
    """The roles cannot be made, or would have too many rights. The text is for people: what, why, remedy."""


def bootstrap(database: Database, roles: Roles, lock_seconds: int, say: Say) -> fleet.Tally:
    """Idempotent. Makes the roles, sets their passwords, hands the databases over, and proves what the app cannot do.

    Raises:
        Refused, lock.Busy, Unavailable, psycopg.Error
    """
    with connect(database, "bootstrap", say, lock_timeout=STATEMENT_LOCK_TIMEOUT) as connection:
        lock.take(connection, lock_seconds, say)
        for name, password, options in (
            (roles.owner_user, roles.owner_password, "LOGIN CREATEDB NOCREATEROLE"),
            (roles.app_user, roles.app_password, "LOGIN NOCREATEDB NOCREATEROLE"),
        ):
            made = _role(connection, name, password, options)
            say(f"role {name} {'made' if made else 'is there; its password is set anew'}")
        _join(connection, roles.owner_user)
        _hand_over(connection, roles, say)
        tenants = tenant.listed(connection) if tenant.registry_exists(connection) else []
    tally = fleet.each(database, tenants, _visit(roles), say)
    _prove(database, roles, say)
    return tally


def _role(connection: psycopg.Connection[Any], name: str, password: SecretStr, options: str) -> bool:
    """Make the role, or bring it to these options; returns whether it was made.

    What travels, and what the server may log or show in pg_stat_activity, is a SCRAM verifier made here: never the
    password. https://www.postgresql.org/docs/17/libpq-misc.html#LIBPQ-PQENCRYPTPASSWORDCONN
    """
    found = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    if found and found[0]:
        raise Refused(f"role {name} is a superuser, for whom no privilege counts: choose another name")
    verifier = connection.pgconn.encrypt_password(
        password.get_secret_value().encode(), name.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL("{verb} ROLE {name} WITH {options} PASSWORD {verifier}").format(
        verb=sql.SQL("ALTER" if found else "CREATE"),
        name=sql.Identifier(name),
        options=sql.SQL(options),
        verifier=sql.Literal(verifier),
    )
    connection.execute(statement)
    connection.commit()
    return not found


def _join(connection: psycopg.Connection[Any], owner: str) -> None:
    """Only a member may give a role its databases and tables; a superuser needs no membership."""
    member = connection.execute(
        "SELECT pg_has_role(current_user, %s, 'USAGE') AND pg_has_role(current_user, %s, 'MEMBER')", (owner, owner)
    ).fetchone()
    if not (member and member[0]):
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))
    connection.commit()


def _hand_over(connection: psycopg.Connection[Any], roles: Roles, say: Say) -> bool:
    taken = ownership.transfer(connection, roles.owner_user)
    privilege.open_to(connection, roles.owner_user, roles.app_user)
    name = connection.info.dbname
    if taken:
        say(f"database {name}: {len(taken)} taken over by {roles.owner_user}: {', '.join(taken)}")
    return bool(taken)


def _visit(roles: Roles) -> Visit:
    return lambda connection, say: _hand_over(connection, roles, say)


def _prove(database: Database, roles: Roles, say: Say) -> None:
    """Both can log in with what was set, the owner can migrate, and the app cannot."""
    for name, password, wanted in (
        (roles.owner_user, roles.owner_password, True),
        (roles.app_user, roles.app_password, False),
    ):
        with connect(database.login(name, password), "bootstrap", say) as connection:
            row = connection.execute(
                """
                SELECT has_schema_privilege('public', 'CREATE'),
                       has_database_privilege(current_database(), 'CREATE'), pg_has_role(%s, 'MEMBER')
                """,
                (roles.owner_user,),
            ).fetchone()
        if row is None or set(row) != {wanted}:
            can = "can" if not wanted else "cannot"
            raise Refused(
                f"role {name} {can} change the schema of database {database.name}: take the roles from it that it is"
                " a member of, or choose another name"
            )
    say(f"proved: {roles.owner_user} may change the schema, {roles.app_user} may only read and write rows")
