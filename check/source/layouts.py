"""Recognises migration tools and their files by the names of an application's files. Pure.

Sources: the tools' own pages on their folders: Prisma "Migration histories", Alembic "Tutorial: the migration
environment", Django "Migrations: workflow", Rails "Active Record Migrations", Knex "Migrations", Flyway "Migrations:
naming", golang-migrate "MIGRATIONS.md".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from components.image.docker_ignore import translated

NEVER = re.compile(r"(^|/)(node_modules|\.git|\.venv|venv|vendor|__pycache__|\.tox|dist|tests?|fixtures)/|\.d\.ts$")
"""Folders of dependencies and tests."""


@dataclass(frozen=True)
class Layout:
    """The layout of a tool's migrations.

    Attributes:
        tool: its name.
        signs: files that show that it is used.
        files: patterns of its migrations; `**` stands for any number of folders.
        make: how a migration is created.
        numbered: whether it runs by number, so that a number below a released one's is skipped or refused.
        own: its own check of models against migrations, for `check.command`; empty when it has none.
    """

    tool: str
    signs: tuple[str, ...]
    files: tuple[str, ...]
    make: str
    numbered: bool = False
    own: str = ""


LAYOUTS = (
    Layout(
        "Prisma",
        ("**/schema.prisma",),
        ("**/migrations/*/migration.sql",),
        "`prisma migrate dev --name initial` writes prisma/migrations/",
        own="[npx, prisma, migrate, diff, --from-config-datasource, --to-schema, prisma/schema.prisma, --exit-code]"
        " (Prisma 7)",
    ),
    Layout(
        "Alembic",
        ("**/alembic.ini", "**/env.py"),
        ("**/versions/[!_]*.py",),
        "`alembic revision` writes versions/",
        own="[alembic, check]",
    ),
    Layout(
        "Django",
        ("**/manage.py",),
        ("**/migrations/[0-9]*.py",),
        "`python manage.py makemigrations` writes migrations/",
        own="[python, manage.py, makemigrations, --check, --dry-run]",
    ),
    Layout(
        "Rails",
        ("**/bin/rails", "**/config/database.yml"),
        ("**/db/migrate/*.rb",),
        "`rails generate migration` writes db/migrate/",
    ),
    Layout(
        "Knex",
        ("**/knexfile.*",),
        ("**/migrations/**/*.js", "**/migrations/**/*.cjs", "**/migrations/**/*.mjs", "**/migrations/**/*.ts"),
        "`knex migrate:make` writes migrations/",
    ),
    Layout("Flyway", ("**/flyway.conf", "**/flyway.toml"), ("**/V*__*.sql",), "write V1__initial.sql", True),
    Layout("golang-migrate", (), ("**/*.up.sql",), "`migrate create -seq initial` writes *.up.sql", True),
    Layout("SQL files", (), ("**/migrations/**/*.sql", "**/migrate/**/*.sql"), "write migrations/0001.sql", True),
)


@dataclass(frozen=True)
class Migrations:
    """The migrations in the application's sources.

    Attributes:
        layouts: the tools that were recognised.
        files: their migrations, sorted.
        missing: tools that are in use, but have no migration.
    """

    layouts: tuple[Layout, ...]
    files: tuple[str, ...]
    missing: tuple[Layout, ...] = ()

    @property
    def tools(self) -> str:
        return " and ".join(one.tool for one in self.layouts)

    @property
    def numbered(self) -> bool:
        return any(one.numbered for one in self.layouts)


def matching(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Return the names that match one of the patterns, sorted."""
    fits = re.compile("|".join(f"(?:{translated(pattern.replace('[!', '[^'))})" for pattern in patterns) or r"(?!)")
    return sorted(name for name in names if fits.fullmatch(name))


def find(names: Iterable[str], patterns: Sequence[str] = ()) -> Migrations:
    """Return the migrations among an application's files (paths relative to the build context, with slashes).

    Args:
        patterns: from the settings; empty: use the tools' layouts. The first layout with files counts, and every one
            whose signs exist: an Alembic `versions/` without `env.py` is something else.
    """
    names = [name for name in names if not NEVER.search(name)]
    if patterns:
        given = Layout("check.migrations", (), tuple(patterns), "write the first migration, or correct the pattern")
        files = matching(names, patterns)
        return Migrations((given,), tuple(files), () if files else (given,))
    used = [layout for layout in LAYOUTS if layout.signs and matching(names, layout.signs)]
    having = [layout for layout in used if matching(names, layout.files)]
    if not used:
        having = [one for one in LAYOUTS if not one.signs and matching(names, one.files)][:1]
    files = sorted({file for layout in having for file in matching(names, layout.files)})
    return Migrations(tuple(having), tuple(files), () if having else tuple(used))


_NUMBER = re.compile(r"^[vV]?(\d+)")


def number(name: str) -> int | None:
    """Return the number at the start of a migration's file name: 7 of `migrations/0007_colour.up.sql`."""
    found = _NUMBER.match(name.rpartition("/")[2])
    return int(found[1]) if found else None
