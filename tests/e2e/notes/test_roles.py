"""Least privilege on a real server whose master user is no superuser."""

from __future__ import annotations

import psycopg
import pytest

from tests.e2e.notes.stage import BOSS, Stage

OWNERS = """
    SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
"""


def test_bootstrap_takes_over_what_the_master_user_made_and_again_changes_nothing(stage: Stage) -> None:
    stage.migrate("master")
    stage.provision("org_old")
    first = stage.bootstrap()
    assert f"role {stage.owner[0]} made" in first.lines
    assert f"4 taken over by {stage.owner[0]}: the database, alembic_version, notes, tenants" in first.out
    assert f"org_old: database {stage.of('org_old')}: 3 taken over" in first.out
    second = stage.bootstrap()
    assert "taken over" not in second.out
    assert f"role {stage.app[0]} is there; its password is set anew" in second.lines
    for database in (stage.name, stage.of("org_old")):
        assert stage.sql(OWNERS, database=database) == [(stage.owner[0],)]
    assert "nothing to do" in stage.migrate("master", login=stage.owner).out
    assert "1 up to date" in stage.migrate("tenants", login=stage.owner).out
    stage.migrate("verify", login=stage.app)


@pytest.mark.parametrize("database", ["", "_org_a"])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE x (i int)",
        "CREATE TEMP TABLE x (i int)",
        "CREATE SCHEMA x",
        "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE notes ADD COLUMN x int",
        "DROP TABLE notes",
        "TRUNCATE notes",
        "CREATE INDEX ON notes (text)",
        "UPDATE alembic_version SET version_num = '9'",
        "DELETE FROM alembic_version",
        "CREATE DATABASE x",
        "CREATE ROLE x",
    ],
)
def test_the_app_role_cannot(prepared: Stage, database: str, statement: str) -> None:
    stage = prepared
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stage.sql(statement, database=stage.name + database, login=stage.app)


def test_the_app_role_can_read_and_write_rows_old_and_new(prepared: Stage) -> None:
    stage = prepared
    for database in (stage.name, stage.of("org_a")):
        for statement in (
            "INSERT INTO notes (text) VALUES ('a')",
            "UPDATE notes SET text = 'b' WHERE text = 'a'",
            "DELETE FROM notes WHERE text = 'b'",
        ):
            stage.sql(statement, database=database, login=stage.app)
    assert stage.sql("SELECT count(*) FROM tenants", login=stage.app) == [(3,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stage.sql("DELETE FROM tenants", login=stage.app)


def test_a_schema_that_a_revision_makes_is_open_to_the_app_role_and_one_that_it_closes_stays_closed(
    stage: Stage,
) -> None:
    """Also one that the master user made before there was an owner, and in a tenant's database."""
    stage.migrate("master")
    stage.sql("CREATE SCHEMA early; CREATE TABLE early.a (id serial)")
    stage.bootstrap()
    stage.provision("org_a", login=stage.owner)
    for database in (stage.name, stage.of("org_a")):
        stage.sql("CREATE SCHEMA late; CREATE TABLE late.a (id serial)", database=database, login=stage.owner)
        stage.sql("INSERT INTO late.a DEFAULT VALUES", database=database, login=stage.app)
    stage.sql("INSERT INTO early.a DEFAULT VALUES", login=stage.app)
    stage.sql("CREATE SCHEMA audit; CREATE TABLE audit.a ()", login=stage.owner)
    stage.sql("SELECT FROM audit.a", login=stage.app)
    stage.sql(f"REVOKE USAGE ON SCHEMA audit FROM {stage.app[0]}", login=stage.owner)
    stage.bootstrap()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stage.sql("SELECT FROM audit.a", login=stage.app)


@pytest.mark.parametrize("tenant", ["", "org_a"])
def test_verify_names_an_invalid_index(bootstrapped: Stage, tenant: str) -> None:
    """As a lock timeout leaves it; made here by rows that are not unique."""
    stage = bootstrapped
    database = stage.of(tenant) if tenant else stage.name
    stage.migrate("verify", login=stage.owner)
    stage.sql("INSERT INTO notes (text) VALUES ('a'), ('a')", database=database, login=stage.owner)
    with pytest.raises(psycopg.errors.UniqueViolation):
        stage.sql("CREATE UNIQUE INDEX CONCURRENTLY alike ON notes (text)", database=database, login=stage.owner)
    finished = stage.migrate("verify", login=stage.owner, expect=1)
    assert f"database {database} has the invalid index alike" in finished.out
    stage.sql("DROP INDEX CONCURRENTLY alike", database=database, login=stage.owner)
    stage.migrate("verify", login=stage.owner)


def test_another_role_of_the_server_does_not_get_in(prepared: Stage) -> None:
    stage = prepared
    stage.sql(f"CREATE ROLE {stage.name}_other LOGIN PASSWORD 'hush-other'")
    for database in (stage.name, stage.of("org_a")):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            stage.sql("SELECT 1", database=database, login=(f"{stage.name}_other", "hush-other"))


def test_no_password_reaches_the_servers_log(prepared: Stage) -> None:
    """It logs every statement here."""
    log = prepared.server.log()
    assert f'ROLE "{prepared.owner[0]}"' in log
    assert "SCRAM-SHA-256$4096:" in log
    assert "hush-owner" not in log
    assert "hush-app" not in log


def test_bootstrap_sets_a_new_password(stage: Stage) -> None:
    stage.bootstrap()
    stage.bootstrap(APP_PASSWORD="hush-app-2")
    assert stage.sql("SELECT 1", login=(stage.app[0], "hush-app-2")) == [(1,)]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        stage.sql("SELECT 1", login=stage.app)


def test_an_app_role_that_owns_more_is_refused(stage: Stage) -> None:
    stage.bootstrap()
    stage.sql(f"GRANT {stage.owner[0]} TO {stage.app[0]}", login=BOSS)
    finished = stage.bootstrap(expect=1)
    assert f"role {stage.app[0]} can change the schema of database {stage.name}" in finished.err


def test_a_user_without_the_right_to_make_roles_is_told_so(stage: Stage) -> None:
    stage.bootstrap()
    roles = {"OWNER_USER": f"{stage.name}_x", "OWNER_PASSWORD": "hush-owner-1"}
    roles |= {"APP_USER": f"{stage.name}_y", "APP_PASSWORD": "hush-app-1"}
    finished = stage.migrate("bootstrap", login=stage.owner, expect=1, **roles)
    assert "permission denied to create role" in finished.err
    assert len(finished.err.splitlines()) == 1
