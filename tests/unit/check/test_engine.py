"""Which engine an application is written for."""

from __future__ import annotations

import pytest

from check.source.engine import configuration, misfits

OTHERS = [
    ("prisma/schema.prisma", 'datasource db {\n  provider = "mysql"\n  url = env("X")\n}', "line 2", "mysql"),
    ("prisma/migrations/migration_lock.toml", 'provider = "mysql"', "line 1", "mysql"),
    ("shop/settings.py", '"ENGINE": "django.db.backends.sqlite3",', "line 1", "sqlite3"),
    ("config/database.yml", "default:\n  adapter: mysql2\n", "line 2", "mysql2"),
    ("knexfile.js", "module.exports = { client: 'mysql2' }", "line 1", "mysql2"),
    ("src/data-source.ts", "new DataSource({ type: 'mariadb' })", "line 1", "mariadb"),
    ("alembic.ini", "[alembic]\nsqlalchemy.url = mysql+pymysql://u@h/d", "line 2", "mysql"),
    ("flyway.conf", "flyway.url=jdbc:sqlserver://h", "line 1", "sqlserver"),
    (".env.example", "DATABASE_URL=mysql://h/d", "line 1", "mysql"),
    ("database.variables.DATABASE_URL", "mysql://{username}:{password}@{host}/{name}", "line 1", "mysql"),
]


@pytest.mark.parametrize(("path", "text", "line", "engine"), OTHERS, ids=[one[0] for one in OTHERS])
def test_another_engine_is_found(path: str, text: str, line: str, engine: str) -> None:
    assert configuration([path]) == [path]
    (found,) = misfits({path: text}, {})
    assert (found.where, found.seen) == (f"{path}, {line}", engine)
    assert found.remedy


@pytest.mark.parametrize(("path", "text", "line", "engine"), OTHERS, ids=[one[0] for one in OTHERS])
def test_postgresql_in_the_same_place_is_not(path: str, text: str, line: str, engine: str) -> None:
    ours = {"sqlite3": "postgresql", "mysql2": "pg", "mariadb": "postgres"}.get(engine, "postgresql")
    if path == "config/database.yml":
        ours = "postgresql"
    assert misfits({path: text.replace(engine, ours)}, {}) == []


def test_an_application_that_chooses_is_left_alone() -> None:
    text = 'A = "django.db.backends.sqlite3"\nB = "django.db.backends.postgresql"'
    assert misfits({"shop/settings.py": text}, {}) == []


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE a (id int AUTO_INCREMENT)", "CREATE TABLE `a` (id int)", "… ENGINE=InnoDB", "x NVARCHAR(3)"]
)
def test_sql_of_another_engine_is_found(sql: str) -> None:
    (found,) = misfits({}, {"1.sql": f"-- first\n{sql}"})
    assert found.where == "1.sql, line 2"
    assert misfits({}, {"1.sql": "CREATE TABLE a (id bigint GENERATED ALWAYS AS IDENTITY (START 1))"}) == []
