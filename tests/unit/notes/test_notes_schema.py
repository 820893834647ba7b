"""Revisions read from files, what is pending, and what a service's health makes of it."""

from pathlib import Path

import psycopg
import pytest
from notes import schema
from notes.health import Health, judge
from notes.revision import exit_code
from notes.schema import History, Unreadable

HISTORY = History(Path("."), (("0001", "notes"), ("0002", "colour"), ("0003", "index")))


@pytest.mark.parametrize(
    ("current", "pending"),
    [
        ((), ["0001", "0002", "0003"]),
        (("0001",), ["0002", "0003"]),
        (("0003",), []),
    ],
)
def test_pending(current: tuple[str, ...], pending: list[str]) -> None:
    assert [name for name, _ in HISTORY.pending(current)] == pending


def test_a_newer_database_cannot_be_migrated() -> None:
    with pytest.raises(Unreadable, match="revision 0009, which this image does not know"):
        HISTORY.pending(("0009",))


@pytest.mark.parametrize(
    ("current", "target", "surplus"),
    [
        (("0003",), None, ["0003"]),
        (("0002",), None, []),  # repeated, it takes nothing back twice
        ((), None, []),
        (("0003",), "0001", ["0003", "0002"]),
        (("0002",), "0001", ["0002"]),
        (("0001",), "0003", []),  # never forward
        (("0003",), "base", ["0003", "0002", "0001"]),
        ((), "base", []),
    ],
)
def test_surplus(current: tuple[str, ...], target: str | None, surplus: list[str]) -> None:
    assert [name for name, _ in HISTORY.surplus(current, target)] == surplus


@pytest.mark.parametrize(
    ("history", "current", "target", "said"),
    [
        (HISTORY, (), "0009", "ROLLBACK_TO is wrong: set it to one of 0001, 0002, 0003, base"),
        (HISTORY, ("0009",), None, "revision 0009, which this image does not know"),
        (History(Path("."), (("0001", "notes"),)), ("0001",), None, "set ROLLBACK_TO=base to drop all"),
    ],
)
def test_a_rollback_that_is_refused(history: History, current: tuple[str, ...], target: str | None, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        history.surplus(current, target)


def test_before() -> None:
    assert [HISTORY.before(name) for name in ("0001", "0002", "0003")] == ["base", "0001", "0002"]


TAKEN_AWAY = "the schema lacks a table or a column that this version reads: a newer image took it away"


@pytest.mark.parametrize(
    ("found", "health"),
    [
        (("0003",), Health(None, ("0003",))),
        (("0009",), Health(None, ("0009",))),
        ((), Health("the schema is missing: run `migrate master`")),
        (("0002",), Health("the schema is at 0002, this version needs 0003: run `migrate master`", ("0002",))),
        (
            psycopg.errors.UndefinedTable('relation "alembic_version" does not exist'),
            Health("the schema is missing: run `migrate master`"),
        ),
        (psycopg.errors.UndefinedTable('relation "notes" does not exist'), Health(TAKEN_AWAY)),
        (psycopg.errors.UndefinedColumn('column "created_at" does not exist'), Health(TAKEN_AWAY)),
        (psycopg.errors.InsufficientPrivilege("no"), Health("the database user may not read what this version needs")),
        (psycopg.OperationalError("db.internal refused"), Health("the database is unreachable")),
        (TimeoutError(), Health("the database is unreachable")),
    ],
)
def test_judge(found: tuple[str, ...] | BaseException, health: Health) -> None:
    verdict = judge(HISTORY, found)
    assert verdict == health
    assert verdict.status == (503 if health.reason else 200)


def test_the_examples_own_history_reads() -> None:
    assert schema.read().revisions == (("0001", "notes"), ("0002", "tenants"))
    assert schema.read(schema.TENANT).revisions == (("0001", "notes"),)


def test_what_a_tenants_database_lacks_names_its_own_command() -> None:
    assert schema.lack(schema.read(schema.TENANT), ()) == "the schema is missing: run `migrate tenants`"


def revisions(folder: Path, **files: str) -> Path:
    (folder / "versions").mkdir()
    for name, text in files.items():
        (folder / "versions" / f"{name}.py").write_text(text)
    return folder


ONE = '"""one"""\nrevision = "0001"\ndown_revision = None\n'


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "needs exactly one newest revision, but has 0: none"),
        ({"a": ONE, "b": ONE.replace("0001", "0002")}, "needs exactly one newest revision, but has 2: 0001, 0002"),
        ({"a": "def upgrade(:"}, "cannot load the revisions in .*SyntaxError"),
        ({"a": "import nothing_of_that_name"}, "cannot load the revisions in .*ModuleNotFoundError"),
    ],
)
def test_a_history_that_cannot_be_used(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        schema.read(revisions(tmp_path, **files))


def test_a_revision_that_leaves_while_it_is_loaded_keeps_its_code(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        schema.read(revisions(tmp_path, a="import sys; sys.exit(3)"))
    assert exit_code(caught.value.code) == 3


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (3, 3),
        (1, 1),
        (255, 255),
        (0, 1),
        (None, 1),
        ("a text", 1),
        (256, 1),
        (259, 3),
        (-1, 255),
        (True, 1),
        (False, 1),
    ],
)
def test_exit_code_is_the_revisions_own_and_never_0(asked: object, code: int) -> None:
    assert exit_code(asked) == code
