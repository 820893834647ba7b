"""bootstrap.sql by psql alone, as docs/your-own-app.md offers it to images without a program for it."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.notes.stage import DEADLINE, IMAGE, docker
from tests.e2e.stage import ROOT, until

FILES = ROOT / "examples" / "orders"
BOSS, OWNER, APP = ("boss", "hush-boss"), ("shop_owner", "it's \\hush"), ("shop_app", 'hu"sh')


class Server:
    """A PostgreSQL whose master user is no superuser, as on Amazon RDS."""

    def __init__(self, container: str) -> None:
        self.container = container

    def run(self, command: list[str], **env: str) -> subprocess.CompletedProcess[str]:
        options = [word for name, value in env.items() for word in ("-e", f"{name}={value}")]
        words = ["docker", "exec", *options, self.container, *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=DEADLINE, check=False)

    def sql(self, login: tuple[str, str], statement: str) -> subprocess.CompletedProcess[str]:
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-d", "shop", "-c", statement]
        return self.run(command, PGUSER=login[0], PGPASSWORD=login[1])


@pytest.fixture
def server() -> Iterator[Server]:
    env = {"POSTGRES_USER": BOSS[0], "POSTGRES_PASSWORD": BOSS[1], "POSTGRES_DB": "shop", "SLUICE_FORCE_SSL": "0"}
    options = [word for name, value in env.items() for word in ("-e", f"{name}={value}")]
    container = docker(["run", "-d", "--rm", "--name", f"orders-test-{secrets.token_hex(4)}", *options, IMAGE])
    try:
        server = Server(container)
        until(lambda: server.sql(BOSS, "select 1").returncode == 0, DEADLINE, "the server answers")
        for name in ("bootstrap.sh", "bootstrap.sql"):
            docker(["cp", str(FILES / name), f"{container}:/{name}"])
        yield server
    finally:
        docker(["kill", container])


def test_roles_are_made_and_made_again(server: Server) -> None:
    given = {"DB_HOST": "127.0.0.1", "DB_PORT": "5432", "DB_NAME": "shop", "DB_SSL": "false"}
    given |= {"DB_USER": BOSS[0], "DB_PASSWORD": BOSS[1], "OWNER_USER": OWNER[0], "OWNER_PASSWORD": OWNER[1]}
    given |= {"APP_USER": APP[0], "APP_PASSWORD": APP[1]}
    assert server.sql(BOSS, "create table early (id serial primary key)").returncode == 0
    for _ in range(2):
        done = server.run(["sh", "/bootstrap.sh"], **given)
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
    failed = server.run(["sh", "/bootstrap.sh"], **given | {"OWNER_USER": BOSS[0]})
    assert failed.returncode != 0
    log = subprocess.run(
        ["docker", "logs", server.container], capture_output=True, text=True, timeout=DEADLINE, check=True
    )
    assert "permission denied" in log.stderr
    assert "hush" not in failed.stdout + failed.stderr + log.stdout + log.stderr
