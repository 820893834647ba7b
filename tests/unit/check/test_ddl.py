"""Unsafe SQL among what a server was sent, by the real linter."""

from __future__ import annotations

import pytest

from check.migrations import advice
from check.migrations.ddl import IF_NOT_EXISTS, TASTE, UNCHECKED, placed, refused, unsafe
from check.source.layouts import LAYOUTS
from infra.settings.check import Accepted

RELEASED = frozenset({"notes", "letters"})
"""What the released schema has."""

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
    found = unsafe(around, major="17", released=RELEASED)
    assert [(one.rule, one.statement) for one in found] == [(rule, statement)]
    assert found[0].why
    assert not found[0].warning


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE notes ADD COLUMN a text",
        "ALTER TABLE notes ADD COLUMN a text NOT NULL DEFAULT 'x'",
        "CREATE TABLE a (id int, name varchar(20))",
        "UPDATE notes SET text = 'x' WHERE id < 100",
        "CREATE ROLE notes_owner LOGIN",
        "DROP TABLE IF EXISTS alembic_version",
        "-- squawk-ignore ban-drop-table\nDROP TABLE notes",
        "-- squawk-ignore truncating-table\nTRUNCATE notes",
    ],
)
def test_what_is_safe_or_accepted_is_not(statement: str) -> None:
    assert unsafe([statement], major="17", released=RELEASED) == []


@pytest.mark.parametrize("statement", [one[0] for one in UNSAFE])
def test_nothing_is_unsafe_on_what_holds_no_released_data(statement: str) -> None:
    """A first release, and a table that the pending migrations themselves have made."""
    assert unsafe(["BEGIN", statement, "COMMIT"], major="17", released=frozenset()) == []
    assert unsafe(["BEGIN", statement, "COMMIT"], major="17", released={"orders"}) == []


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (
            "ALTER TABLE fresh ADD CONSTRAINT f FOREIGN KEY (note) REFERENCES notes (id)",
            "adding-foreign-key-constraint",
        ),
        ('ALTER TABLE "public"."notes" DROP COLUMN colour', "ban-drop-column"),
        ("ALTER TABLE public . NOTES DROP COLUMN colour", "ban-drop-column"),
        ("DROP TABLE fresh, letters", "ban-drop-table"),
        ("VACUUM FULL", "rewriting-table"),
    ],
)
def test_what_touches_the_released_schema_beside_its_own_table_is_unsafe(statement: str, rule: str) -> None:
    assert rule in [one.rule for one in unsafe([statement], major="17", released=RELEASED)]


def test_a_column_named_as_a_released_table_is_not_that_table() -> None:
    assert unsafe(["ALTER TABLE fresh DROP COLUMN notes"], major="17", released=RELEASED) == []


def test_a_released_table_stays_released_under_its_new_name() -> None:
    renamed = ["ALTER TABLE notes RENAME TO pages", "ALTER TABLE pages DROP COLUMN colour"]
    assert [one.rule for one in unsafe(renamed, major="17", released=RELEASED)] == ["renaming-table", "ban-drop-column"]


CONCURRENTLY = [
    ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON notes (text)", IF_NOT_EXISTS, IF_NOT_EXISTS),
    ('create unique index concurrently if not exists "I" on only notes (text)', IF_NOT_EXISTS, IF_NOT_EXISTS),
    ("CREATE INDEX CONCURRENTLY i ON notes (text)", UNCHECKED, ""),
    ("CREATE INDEX CONCURRENTLY ON notes (text)", UNCHECKED, ""),
    ("REINDEX TABLE CONCURRENTLY notes", UNCHECKED, ""),
    ("REINDEX (VERBOSE) INDEX CONCURRENTLY notes", UNCHECKED, ""),
]


@pytest.mark.parametrize(("statement", "alone", "checked"), CONCURRENTLY, ids=[one[0] for one in CONCURRENTLY])
def test_an_index_that_an_interrupted_run_leaves_invalid_is_warned_of(statement: str, alone: str, checked: str) -> None:
    """checked: what is left when a step looks for invalid indexes. IF NOT EXISTS passes over one all the same."""
    for looks, rule in ((False, alone), (True, checked)):
        found = unsafe([statement], major="17", released=RELEASED, checked=looks)
        assert [one.rule for one in found] == ([rule] if rule else [])
        assert all(one.warning for one in found)


def test_an_index_that_is_dropped_first_is_built_again() -> None:
    dropped = "DROP INDEX CONCURRENTLY IF EXISTS i"
    for created in ("CREATE INDEX CONCURRENTLY i ON notes (text)", CONCURRENTLY[0][0]):
        assert unsafe([dropped, created], major="17", released=RELEASED) == []
        assert unsafe(["DROP INDEX CONCURRENTLY IF EXISTS j", created], major="17", released=RELEASED) != []
    ignored = f"-- squawk-ignore {UNCHECKED}\nCREATE INDEX CONCURRENTLY i ON notes (text)"
    assert unsafe([ignored], major="17", released=RELEASED) == []


def test_a_statement_is_found_in_its_migration() -> None:
    found = unsafe(["ALTER TABLE notes\n  DROP COLUMN colour"], major="17", released=RELEASED)
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
    dropped = ["ALTER TABLE notes DROP COLUMN colour", "ALTER TABLE notes DROP COLUMN size"]
    found = unsafe(dropped, major="17", released=RELEASED)
    left, idle = refused(found, known)
    assert [one.statement for one in left] == ["ALTER TABLE notes DROP COLUMN size"]
    assert idle == ["ban-drop-table"]


ADVICE = [
    ("CREATE INDEX i ON notes (text)", "use CONCURRENTLY, in a migration of its own outside of a transaction"),
    ("ALTER TABLE notes DROP COLUMN colour", "split it: add first"),
    ("ALTER TABLE notes RENAME COLUMN a TO b", "split it: add first"),
    ("ALTER TABLE notes ALTER COLUMN text TYPE varchar(20)", "add a column of the new type"),
    ("ALTER TABLE notes ADD COLUMN a text NOT NULL", "give the column a DEFAULT"),
    ("ALTER TABLE notes ADD CONSTRAINT c CHECK (id > 0)", "add it NOT VALID"),
    ("ALTER TABLE notes ADD CONSTRAINT u UNIQUE (id)", "CREATE UNIQUE INDEX CONCURRENTLY, then"),
    ("UPDATE notes SET text = 'x'", "write in batches"),
    ("VACUUM FULL notes", "remove it from the deploy"),
    ("LOCK TABLE notes", "the statements of a migration take the locks that they need"),
]


@pytest.mark.parametrize(("statement", "says"), ADVICE, ids=[one[0] for one in ADVICE])
def test_the_advice_fits_the_statement(statement: str, says: str) -> None:
    """By the rule that it breaks, and for one whose lock was long."""
    (found, *_) = unsafe([statement], major="17", released=RELEASED)
    assert says in advice.of_rule(found.rule, statement=statement)
    if "DROP COLUMN" not in statement and "RENAME" not in statement:
        assert says in advice.of_statement(statement)


@pytest.mark.parametrize("tool", [one.tool for one in LAYOUTS if one.tool != "SQL files"])
def test_the_advice_for_an_index_knows_the_tool(tool: str) -> None:
    assert advice.of_rule("require-concurrent-index-creation", [tool]) != advice.of_rule(
        "require-concurrent-index-creation"
    )
    assert "{" not in advice.of_rule("require-concurrent-index-creation", [tool]).replace("{ transaction: false }", "")


def test_a_rule_without_advice_of_its_own_is_about_what_the_running_version_uses() -> None:
    assert advice.of_rule("ban-drop-schema") == advice.SPLIT
    assert "require-concurrent-index-creation" not in TASTE
