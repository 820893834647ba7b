"""bootstrap.sql by psql alone, as docs/app-database.md offers it to images without a program for it."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.notes.stage import DEADLINE, IMAGE, docker
from tests.e2e.stage import ROOT, until

FILES = ROOT / "examples" / "orders"
BOSS, OWNER, APP = ("boss", "hush-boss"), ("shop_owner", "it's \\hush"), ("shop_app", 'hu"sh')
GIVEN = {"DB_HOST": "127.0.0.1", "DB_PORT": "5432", "DB_NAME": "shop", "DB_SSL": "false"}
GIVEN |= {"DB_USER": BOSS[0], "DB_PASSWORD": BOSS[1], "OWNER_USER": OWNER[0], "OWNER_PASSWORD": OWNER[1]}
GIVEN |= {"APP_USER": APP[0], "APP_PASSWORD": APP[1]}


class Server:
    """A PostgreSQL whose master user is no superuser, as on Amazon RDS."""

    def __init__(self, container: str) -> None:
        self.container = container

    def run(self, command: list[str], **env: str) -> subprocess.CompletedProcess[str]:
        options = [word for name, value in env.items() for word in ("-e", f"{name}={value}")]
        words = ["docker", "exec", *options, self.container, *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=DEADLINE, check=False)

    def sql(self, login: tuple[str, str], statement: str, option: str = "-c") -> subprocess.CompletedProcess[str]:
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-d", "shop", option, statement]
        return self.run(command, PGUSER=login[0], PGPASSWORD=login[1])

    def done(self, login: tuple[str, str], *statements: str) -> None:
        for statement in statements:
            done = self.sql(login, statement)
            assert (done.returncode, done.stderr) == (0, ""), statement

    def bootstrap(self) -> str:
        """What it says; nothing when all is well."""
        done = self.run(["sh", "/bootstrap.sh"], **GIVEN)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        return done.stderr


@pytest.fixture
def server() -> Iterator[Server]:
    env = {"POSTGRES_USER": BOSS[0], "POSTGRES_PASSWORD": BOSS[1], "POSTGRES_DB": "shop", "SLUICE_FORCE_SSL": "0"}
    options = [word for name, value in env.items() for word in ("-e", f"{name}={value}")]
    container = docker(["run", "-d", "--rm", "--name", f"orders-test-{secrets.token_hex(4)}", *options, IMAGE])
    try:
        server = Server(container)
        until(lambda: server.sql(BOSS, "select 1").returncode == 0, DEADLINE, "the server answers")
        for name in ("bootstrap.sh", "bootstrap.sql", "verify.sql"):
            docker(["cp", str(FILES / name), f"{container}:/{name}"])
        yield server
    finally:
        docker(["kill", container])


def test_roles_are_made_and_made_again(server: Server) -> None:
    assert server.sql(BOSS, "create table early (id serial primary key)").returncode == 0
    for _ in range(2):
        done = server.run(["sh", "/bootstrap.sh"], **GIVEN)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    migrated = server.sql(OWNER, "create table late (id serial primary key); alter table early add note text")
    assert (migrated.returncode, migrated.stderr) == (0, "")
    for table in ("early", "late"):
        assert server.sql(APP, f"insert into {table} default values").returncode == 0
        for statement in (f"alter table {table} add x text", f"drop table {table}", f"truncate {table}"):
            refused = server.sql(APP, statement)
            assert refused.returncode != 0, statement
            assert "must be owner of table" in refused.stderr or "permission denied" in refused.stderr
    assert "permission denied for schema public" in server.sql(APP, "create table mine ()").stderr
    failed = server.run(["sh", "/bootstrap.sh"], **GIVEN | {"OWNER_USER": BOSS[0]})
    assert failed.returncode != 0
    log = subprocess.run(
        ["docker", "logs", server.container], capture_output=True, text=True, timeout=DEADLINE, check=True
    )
    assert "permission denied" in log.stderr
    assert "hush" not in failed.stdout + failed.stderr + log.stdout + log.stderr


def test_every_schema_of_the_owner_is_open_unless_a_migration_closed_it(server: Server) -> None:
    """Made by the master user before there was an owner, by the owner later, and by the master user after all."""
    server.done(BOSS, "create schema early", "create table early.t (id serial primary key)")
    assert server.bootstrap() == ""
    server.done(OWNER, "create schema late", "create table late.t (id serial primary key)")
    server.done(OWNER, "create schema audit", f"revoke usage on schema audit from {APP[0]}", "create table audit.t ()")
    server.done(BOSS, 'create schema "by Hand"', 'create table "by Hand".t (id serial primary key)')
    assert server.bootstrap() == ""
    server.done(OWNER, 'alter table "by Hand".t add note text', "alter table early.t add note text")
    for schema in ("early", "late", '"by Hand"'):
        server.done(APP, f"insert into {schema}.t default values", f"table {schema}.t")
        assert "permission denied for schema" in server.sql(APP, f"create table {schema}.mine ()").stderr
    assert "permission denied for schema audit" in server.sql(APP, "select from audit.t").stderr


def test_an_invalid_index_is_said_and_then_refused(server: Server) -> None:
    """One as a lock timeout leaves it; a partitioned index that waits for its partitions is not one."""
    server.bootstrap()
    server.done(OWNER, "create table t (a int)", "insert into t values (1), (1)")
    server.done(
        OWNER, "create table parts (a int) partition by list (a)", "create table part partition of parts default"
    )
    server.done(OWNER, "create index waiting on only parts (a)")
    assert server.sql(OWNER, "/verify.sql", "-f").returncode == 0
    assert server.bootstrap() == ""
    assert "could not create unique index" in server.sql(OWNER, "create unique index concurrently u on t (a)").stderr
    again = server.sql(OWNER, "create unique index concurrently if not exists u on t (a)")
    assert again.returncode == 0, "passes over it: hence the check"
    assert "WARNING:  invalid index: u" in server.bootstrap()
    refused = server.sql(OWNER, "/verify.sql", "-f")
    assert refused.returncode != 0
    assert "ERROR:  invalid index: u" in refused.stderr
    server.done(OWNER, "drop index concurrently u", "delete from t", "create unique index concurrently u on t (a)")
    assert server.sql(OWNER, "/verify.sql", "-f").returncode == 0
    assert server.bootstrap() == ""
