"""Finds the database engine that an application is written for, in the text of its configuration. Pure.

The stack's engine is always PostgreSQL (setting database.engine); an application for another one fails to connect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from check.source.layouts import NEVER, matching

POSTGRESQL = re.compile(r"postgres|psycopg|\bpg\b|^pg$|postgis|pgx|cockroach|redshift", re.IGNORECASE)
_OTHER = re.compile(r"mysql|mariadb|sqlite|sqlserver|mssql|oracle|mongodb|db2|h2|tedious", re.IGNORECASE)


@dataclass(frozen=True)
class EngineSetting:
    """Where a tool configures the engine.

    Attributes:
        files: patterns of the files.
        expression: its group is the engine's name.
        write: the fix.
    """

    files: tuple[str, ...]
    expression: re.Pattern[str]
    write: str


def _place(files: str, expression: str, write: str) -> EngineSetting:
    return EngineSetting(tuple(files.split()), re.compile(expression, re.IGNORECASE | re.MULTILINE), write)


PLACES = (
    _place(
        "**/*.prisma",
        r'datasource\s+\w+\s*\{[^}]*?provider\s*=\s*"(\w+)"',
        'write provider = "postgresql" and make the migrations anew: those of another engine do not run',
    ),
    _place(
        "**/migration_lock.toml",
        r'^\s*provider\s*=\s*"(\w+)"',
        "the migrations were made for that engine: make them anew with the postgresql provider",
    ),
    _place("**/settings.py **/settings/*.py", r"django\.db\.backends\.(\w+)", "write django.db.backends.postgresql"),
    _place("**/config/database.yml", r"^\s*adapter:\s*[\"']?(\w+)", "write adapter: postgresql, and the gem pg"),
    _place("**/knexfile.*", r"client:\s*[\"']([\w-]+)", "write client: 'pg'"),
    _place(
        "**/ormconfig.* **/data-source.* **/drizzle.config.* **/sequelize.config.* **/config/config.json",
        r"[\"']?(?:type|dialect)[\"']?\s*:\s*[\"'](mysql2?|mariadb|sqlite3?|mssql|oracle|mongodb|postgres\w*)[\"']",
        "write postgres",
    ),
    _place(
        "**/alembic.ini **/flyway.conf **/flyway.toml **/.env.example **/.env.sample **/Dockerfile* app.environment.*"
        " database.variables.*",
        r"\b(?:jdbc:)?(mysql|mariadb|sqlite|sqlserver|mssql|oracle|mongodb|postgres\w*)(?:\+\w+)?:(?://|thin)",
        "write a URL that begins with postgresql://",
    ),
)

DIALECT = (
    (re.compile(r"\bAUTO_INCREMENT\b", re.IGNORECASE), "AUTO_INCREMENT is MySQL's"),
    (re.compile(r"\bENGINE\s*=\s*(InnoDB|MyISAM)\b", re.IGNORECASE), "ENGINE= is MySQL's"),
    (re.compile(r"\b(CREATE|ALTER|DROP)\s+TABLE\s+(IF (NOT )?EXISTS\s+)?`", re.IGNORECASE), "`names` are MySQL's"),
    (re.compile(r"\bIDENTITY\s*\(\s*\d+\s*,\s*\d+\s*\)|\bNVARCHAR\b", re.IGNORECASE), "it is SQL Server's dialect"),
)
"""Syntax that PostgreSQL does not accept, and that is typical of migrations for the other engine."""


@dataclass(frozen=True)
class Misfit:
    """A line that names another engine."""

    where: str
    seen: str
    remedy: str


def misfits(texts: Mapping[str, str], migrations: Mapping[str, str]) -> list[Misfit]:
    """Return the lines for another engine than PostgreSQL.

    A file that also names PostgreSQL chooses between the two, and is skipped.

    Args:
        texts: the configuration files by path.
        migrations: the migrations by path.
    """
    found = []
    for place in PLACES:
        for path in matching(texts, place.files):
            hits = list(place.expression.finditer(texts[path]))
            if any(POSTGRESQL.search(hit[1]) for hit in hits):
                continue
            found += [
                Misfit(f"{path}, line {_line(texts[path], hit.start(1))}", hit[1], place.write)
                for hit in hits
                if _OTHER.search(hit[1])
            ][:1]
    for path, text in sorted(migrations.items()):
        for expression, found_text in DIALECT:
            if hit := expression.search(text):
                remedy = "write the migration for PostgreSQL, or let the tool generate it for PostgreSQL"
                found.append(Misfit(f"{path}, line {_line(text, hit.start())}", found_text, remedy))
                break
    return found


def configuration(names: list[str]) -> list[str]:
    """Return the files that may name an engine."""
    return [name for place in PLACES for name in matching(names, place.files) if not NEVER.search(name)]


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
