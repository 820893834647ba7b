"""Where migrations are found, by the names of an application's files."""

from __future__ import annotations

import pytest

from check.source.layouts import find, number

APPLICATIONS = [
    (
        "Prisma",
        ["prisma/schema.prisma", "prisma/migrations/1_a/migration.sql"],
        ["prisma/migrations/1_a/migration.sql"],
    ),
    (
        "Alembic",
        ["alembic.ini", "db/env.py", "db/versions/1a_x.py", "db/versions/__init__.py"],
        ["db/versions/1a_x.py"],
    ),
    ("Django", ["manage.py", "shop/migrations/0001_initial.py"], ["shop/migrations/0001_initial.py"]),
    ("Rails", ["bin/rails", "db/migrate/1_a.rb"], ["db/migrate/1_a.rb"]),
    ("Knex", ["knexfile.js", "migrations/1_a.js"], ["migrations/1_a.js"]),
    ("Flyway", ["flyway.toml", "sql/V1__a.sql"], ["sql/V1__a.sql"]),
    ("golang-migrate", ["db/1_a.up.sql", "db/1_a.down.sql"], ["db/1_a.up.sql"]),
    ("SQL files", ["migrations/001_a.sql", "bootstrap.sql"], ["migrations/001_a.sql"]),
]


@pytest.mark.parametrize(("tool", "names", "files"), APPLICATIONS, ids=[one[0] for one in APPLICATIONS])
def test_each_tools_files_are_found(tool: str, names: list[str], files: list[str]) -> None:
    found = find([*names, "node_modules/x/migrations/1.sql", "tests/migrations/2.sql", "src/main.py"])
    assert (found.tools, list(found.files), found.missing) == (tool, files, ())


@pytest.mark.parametrize("tool", ["Prisma", "Alembic", "Django", "Rails", "Knex", "Flyway"])
def test_a_tool_without_migrations_is_missing_them(tool: str) -> None:
    names = next(names for name, names, _ in APPLICATIONS if name == tool)
    found = find(names[:1])
    assert not found.files
    assert [layout.tool for layout in found.missing] == [tool]
    assert found.missing[0].make


def test_the_settings_say_it_better() -> None:
    found = find(["prisma/schema.prisma", "sql/a.sql", "sql/deep/b.sql"], ["sql/*.sql"])
    assert found.files == ("sql/a.sql",)
    assert find(["sql/a.sql"], ["db/*.sql"]).missing


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a/0007_x.up.sql", 7), ("V12__x.sql", 12), ("20260103_x/migration.sql", None), ("x.sql", None)],
)
def test_number(name: str, expected: int | None) -> None:
    assert number(name) == expected
