"""A PostgreSQL as Amazon RDS presents it, and the example's own commands run against it as processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "examples" / "notes" / "src"
IMAGE = "sluice-local/postgres:17"
DEADLINE = 60
BOSS = ("boss", "hush-boss-1")


@dataclass(frozen=True)
class Server:
    """A server; `boss` is its master user, who is no superuser. `ca` signed its certificate, `other_ca` did not."""

    container: str
    port: int
    ca: Path
    other_ca: Path

    def log(self) -> str:
        done = subprocess.run(
            ["docker", "logs", self.container],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE,
            check=True,
        )
        return done.stdout


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Stage:
    """One test's own master database, role names and copy of the service's source."""

    def __init__(self, server: Server, name: str, folder: Path) -> None:
        self.server = server
        self.name = name
        self.source = folder / "src"
        shutil.copytree(SOURCE, self.source, ignore=shutil.ignore_patterns("__pycache__"))
        self.owner = (f"{name}_owner", "hush-owner-1")
        self.app = (f"{name}_app", "hush-app-1")

    def create(self) -> None:
        self.sql(f'CREATE DATABASE "{self.name}"', database="postgres")

    def copy(self, original: Stage, *tenants: str) -> None:
        """Copies of the original's databases and its very roles: quicker than to make them by five commands."""
        self.owner, self.app = original.owner, original.app
        for mine, its in [(self.name, original.name), *((self.of(one), original.of(one)) for one in tenants)]:
            self.sql(f'CREATE DATABASE "{mine}" TEMPLATE "{its}"', database="postgres", login=self.owner)
        for one in tenants:
            with self.connect(login=self.owner) as connection:
                connection.execute("UPDATE tenants SET database = %s WHERE id = %s", (self.of(one), one))

    def environ(self, login: tuple[str, str], **settings: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.source),
            "PYTHONUNBUFFERED": "1",
            "DB_HOST": "localhost",
            "DB_PORT": str(self.server.port),
            "DB_NAME": self.name,
            "DB_USER": login[0],
            "DB_PASSWORD": login[1],
            "DB_SSL": "false",
            "DB_WAIT_SECONDS": "5",
            **settings,
        }

    def start(self, *words: str, login: tuple[str, str] = BOSS, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            env=self.environ(login, **settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def migrate(self, *words: str, login: tuple[str, str] = BOSS, expect: int | None = 0, **settings: str) -> Finished:
        finished = finish(self.start("notes.migrate", *words, login=login, **settings))
        assert "hush" not in finished.out + finished.err
        assert "Traceback" not in finished.out + finished.err
        if expect is not None:
            assert finished.code == expect, finished
        return finished

    def bootstrap(self, expect: int | None = 0, **settings: str) -> Finished:
        roles = {"OWNER_USER": self.owner[0], "OWNER_PASSWORD": self.owner[1]}
        roles |= {"APP_USER": self.app[0], "APP_PASSWORD": self.app[1]}
        return self.migrate("bootstrap", login=BOSS, expect=expect, **{**roles, **settings})

    def provision(self, *tenants: str, login: tuple[str, str] = BOSS) -> None:
        for tenant in tenants:
            self.migrate("provision", login=login, CLERK_ORG_ID=tenant)

    def of(self, tenant: str) -> str:
        return f"{self.name}_{tenant}"

    def sql(
        self, statement: str, *, database: str | None = None, login: tuple[str, str] = BOSS
    ) -> list[tuple[Any, ...]]:
        with self.connect(database, login) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def connect(self, database: str | None = None, login: tuple[str, str] = BOSS) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="localhost",
            port=self.server.port,
            dbname=database or self.name,
            user=login[0],
            password=login[1],
            sslmode="disable",
            connect_timeout=5,
            autocommit=True,
        )

    def revision(self, history: str, number: str, before: str, up: str, down: str = "pass") -> Path:
        """A further revision, as a developer would add it."""
        file = self.source / "notes" / "migrations" / history / "versions" / f"{number}_test.py"
        file.write_text(
            f'"""test"""\n\nimport sys, time\nfrom alembic import op\n\nrevision = "{number}"\n'
            f'down_revision = "{before}"\n\n\ndef upgrade():\n    {up}\n\n\ndef downgrade():\n    {down}\n'
        )
        return file

    def revisions(self, *tenants: str) -> list[str | None]:
        """What each tenant's database is at."""
        found = []
        for tenant in tenants:
            rows = self.sql("SELECT version_num FROM alembic_version", database=self.of(tenant))
            found.append(rows[0][0] if rows else None)
        return found


def finish(process: subprocess.Popen[str]) -> Finished:
    try:
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=DEADLINE)
    return Finished(process.returncode, out, err)


def docker(words: Sequence[str]) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def await_answer(port: int) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            psycopg.connect(
                host="localhost",
                port=port,
                user=BOSS[0],
                password=BOSS[1],
                dbname="postgres",
                connect_timeout=2,
            ).close()
            return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.2)
