"""Unsafe SQL among what a server was sent, by the real linter."""

from __future__ import annotations

import json

import pytest

from check.ddl import changes_schema, placed, refused, unsafe
from check.scratch import sent
from infra.settings.check import Accepted

UNSAFE = [
    ("ALTER TABLE notes DROP COLUMN colour", "ban-drop-column"),
    ("DROP TABLE notes", "ban-drop-table"),
    ("ALTER TABLE notes RENAME COLUMN a TO b", "renaming-column"),
    ("ALTER TABLE notes RENAME TO letters", "renaming-table"),
    ("ALTER TABLE notes ALTER COLUMN text TYPE varchar(20)", "changing-column-type"),
    ("ALTER TABLE notes ADD COLUMN a text NOT NULL", "adding-required-field"),
    ("CREATE INDEX i ON notes (text)", "require-concurrent-index-creation"),
    ("ALTER TABLE notes ADD CONSTRAINT c CHECK (id > 0)", "constraint-missing-not-valid"),
    ("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE", "locking-table"),
    ("TRUNCATE notes", "truncating-table"),
    ("VACUUM FULL notes", "rewriting-table"),
    ("UPDATE notes SET text = 'x'", "unbounded-write"),
    ("DELETE FROM notes", "unbounded-write"),
]


@pytest.mark.parametrize(("statement", "rule"), UNSAFE, ids=[one[0] for one in UNSAFE])
def test_each_is_reported_with_its_own_statement(statement: str, rule: str) -> None:
    around = ["BEGIN", "SELECT 1", "CREATE TABLE other (id bigint)", statement, "COMMIT"]
    found = unsafe(around, major="17")
    assert [(one.rule, one.statement) for one in found] == [(rule, statement)]
    assert found[0].why


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE notes ADD COLUMN a text",
        "ALTER TABLE notes ADD COLUMN a text NOT NULL DEFAULT 'x'",
        "CREATE INDEX CONCURRENTLY i ON notes (text)",
        "CREATE TABLE a (id int, name varchar(20))",
        "UPDATE notes SET text = 'x' WHERE id < 100",
        "CREATE ROLE notes_owner LOGIN",
        "DROP TABLE IF EXISTS alembic_version",
        "-- squawk-ignore ban-drop-table\nDROP TABLE notes",
        "-- squawk-ignore truncating-table\nTRUNCATE notes",
    ],
)
def test_what_is_safe_or_accepted_is_not(statement: str) -> None:
    assert unsafe([statement], major="17") == []


def test_a_table_of_the_same_migrations_is_nobodys_yet() -> None:
    created = "CREATE TABLE notes (id bigint PRIMARY KEY, text text)"
    later = ["CREATE INDEX i ON notes (text)", "UPDATE notes SET text = 'x'"]
    assert unsafe(["BEGIN", created, *later, "COMMIT"], major="17") == []
    assert len(unsafe(["BEGIN", *later, "COMMIT"], major="17")) == 2


def test_a_statement_is_found_in_its_migration() -> None:
    found = unsafe(["ALTER TABLE notes\n  DROP COLUMN colour"], major="17")
    (one,) = placed(
        found, {"1.py": "op.execute('x')", "2.py": 'first\nop.execute("""\n  ALTER TABLE notes DROP COLUMN colour"""'}
    )
    assert one.where == "2.py, line 3"
    assert "2.py, line 3: ALTER TABLE notes DROP COLUMN colour  [ban-drop-column]" in str(one)


def test_an_acceptance_is_for_one_statement_and_is_missed_when_it_is_idle() -> None:
    known = [
        Accepted(rule="ban-drop-column", contains="notes DROP COLUMN colour", why="nobody reads it since 2.3"),
        Accepted(rule="ban-drop-table", contains="letters", why="it was never used at all"),
    ]
    found = unsafe(["ALTER TABLE notes DROP COLUMN colour", "ALTER TABLE notes DROP COLUMN size"], major="17")
    left, idle = refused(found, known)
    assert [one.statement for one in left] == ["ALTER TABLE notes DROP COLUMN size"]
    assert idle == ["ban-drop-table"]


def test_statements_of_the_servers_log() -> None:
    entries = [
        {"error_severity": "LOG", "message": "statement: ALTER TABLE a\n  ADD b int", "application_name": "psql"},
        {"error_severity": "LOG", "message": "execute <unnamed>: DROP TABLE a"},
        {"error_severity": "LOG", "message": "statement: SELECT 1", "application_name": "sluice-check"},
        {"error_severity": "ERROR", "message": "syntax error"},
        {"error_severity": "LOG", "message": "checkpoint complete: wrote 3 buffers"},
    ]
    assert list(sent([json.dumps(one) for one in entries])) == ["ALTER TABLE a\n  ADD b int", "DROP TABLE a"]


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
