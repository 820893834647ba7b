"""Statements of the server's log, and what they do."""

from __future__ import annotations

import json
import time

import pytest

from check.migrations.statement import SqlStatement, changes, changes_schema, names, sent, split


def test_statements_of_the_servers_log() -> None:
    at = {"timestamp": "2026-07-11 09:15:36.123 UTC", "pid": 7, "dbname": "shop", "vxid": "3/9"}
    entries = [
        {"error_severity": "LOG", "message": "statement: ALTER TABLE a\n  ADD b int", "application_name": "psql", **at},
        {"error_severity": "LOG", "message": "execute <unnamed>: DROP TABLE a; DROP TABLE b;"},
        {"error_severity": "LOG", "message": "statement: SELECT 1", "application_name": "sluice-check"},
        {"error_severity": "ERROR", "message": "syntax error"},
        {"error_severity": "LOG", "message": "checkpoint complete: wrote 3 buffers"},
    ]
    assert list(sent([json.dumps(one) for one in entries])) == [
        SqlStatement("ALTER TABLE a\n  ADD b int", 1783761336.123, 7, "shop", "3/9"),
        SqlStatement("DROP TABLE a"),
        SqlStatement("DROP TABLE b"),
    ]


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("a; b;\n", ["a", "b"]),
        ("insert into t values (';'); b", ["insert into t values (';')", "b"]),
        ("insert into t values (E'\\';'); b", ["insert into t values (E'\\';')", "b"]),
        ('alter table ";" drop c; b', ['alter table ";" drop c', "b"]),
        ("do $x$ begin; end; $x$; b", ["do $x$ begin; end; $x$", "b"]),
        ("-- squawk-ignore x;\na; /* ; */ b; -- end", ["-- squawk-ignore x;\na", "/* ; */ b"]),
        ("create function f() returns int begin atomic select 1; end;", 1),
        (";;", []),
    ],
)
def test_a_script_is_its_statements(script: str, statements: list[str] | int) -> None:
    """A driver may send a whole file at once."""
    found = split(script)
    assert (found if isinstance(statements, list) else len(found)) == statements


def test_a_long_script_takes_no_long_time() -> None:
    begun = time.monotonic()
    assert len(split("insert into e values ('e-1', $$x$$, 1);\n" * 5_000)) == 5_000
    assert time.monotonic() - begun < 3


def test_names_are_folded_as_postgresql_folds_them() -> None:
    found = names("ALTER TABLE Shop.\"My T\" ADD x text DEFAULT 'Other' -- Note")
    assert {"shop", "My T", "x"} <= found
    assert not {"other", "note", "my t"} & found


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("ALTER TABLE a ADD b int", True),
        ("-- why\nDROP TABLE a", True),
        ("CREATE TABLE IF NOT EXISTS a (b int)", False),
        ("CREATE OR REPLACE VIEW a AS SELECT 1", False),
        ("CREATE TEMP TABLE a (b int)", False),
        ("ALTER ROLE notes_owner LOGIN", False),
        ("INSERT INTO a VALUES (1)", False),
        ("CREATE TABLE alembic_version (v text)", False),
    ],
)
def test_changes_schema(statement: str, changed: bool) -> None:
    assert changes_schema(statement) is changed


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("CREATE TABLE IF NOT EXISTS a (b int)", True),
        ("/* x */ INSERT INTO a VALUES (1)", True),
        ("COPY a FROM stdin", True),
        ("WITH n AS (SELECT 1) INSERT INTO a SELECT * FROM n", True),
        ("DO $$ begin end $$", True),
        ("SELECT * FROM tenants", False),
        ("WITH n AS (SELECT 1) SELECT * FROM n", False),
        ("BEGIN", False),
        ("SET lock_timeout = '1s'", False),
        ("UPDATE knex_migrations_lock SET is_locked = 1", False),
        ("INSERT INTO alembic_version VALUES ('1')", False),
    ],
)
def test_changes(statement: str, changed: bool) -> None:
    assert changes(statement) is changed
