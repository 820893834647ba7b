"""A scratch PostgreSQL for migrations: in a container and a network of its own, which are removed when the check ends.

It is like Amazon RDS: TLS is on, and the master user may create roles and databases but is not a superuser. Every
statement is logged.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from check import docker
from check.migrations.statement import OURS, SqlStatement, sent
from check.result import Broken

READY_SECONDS = 90.0
PULL_SECONDS = 300.0
LOAD_SECONDS = 300.0
SUPERUSER = "rdsadmin"
LOCAL = "sluice-local/postgres:{major}"
OFFICIAL = "postgres:{major}"
SNAKEOIL = ("/etc/ssl/certs/ssl-cert-snakeoil.pem", "/etc/ssl/private/ssl-cert-snakeoil.key")
"""Debian's self-signed certificate; both images have it."""
DATA = "/var/lib/postgresql/data"
LOG = f"{DATA}/log/statements"
LOGGED_SECONDS = 20.0
"""Seconds for the server's collector to write the log."""


def image(major: str) -> str:
    """Return the official image if this machine has it or can pull it, else the one that set-up built."""
    official, local = OFFICIAL.format(major=major), LOCAL.format(major=major)
    if docker.there(official):
        return official
    if docker.there(local):
        return local
    if docker.run(["pull", "--quiet", official], PULL_SECONDS).code == 0:
        return official
    raise Broken(
        f"there is neither {official} nor {local} on this machine, and {official} cannot be pulled",
        "`make setup` builds the local one (version 17); or set database.version to 17",
    )


class Scratch:
    """A server with one empty database."""

    def __init__(self, major: str, database: str, username: str) -> None:
        self.name = docker.fresh()
        self.image = image(major)
        self.database = database
        self.username = username
        self.password = secrets.token_urlsafe(18)
        self._read = 0

    def __enter__(self) -> Scratch:
        try:
            self._start()
        except docker.DockerFailed as error:
            self._stop()
            raise Broken(f"the scratch PostgreSQL does not start: {error}", "`make setup`", error.output) from None
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def _start(self) -> None:
        docker.ask(["network", "create", self.name])
        ours = self.image.startswith("sluice-local/")
        given = {
            "POSTGRES_USER": self.username if ours else SUPERUSER,
            "POSTGRES_PASSWORD": self.password,
            "POSTGRES_DB": self.database if ours else "postgres",
            "SLUICE_FORCE_SSL": "0",
        }
        arguments = ["run", "--detach", "--name", self.name, "--network", self.name, "--tmpfs", DATA]
        arguments += [word for key in given for word in ("-e", key)]
        settings = {
            "ssl": "on", "ssl_cert_file": SNAKEOIL[0], "ssl_key_file": SNAKEOIL[1], "fsync": "off",
            "logging_collector": "on", "log_destination": "jsonlog", "log_directory": LOG.rpartition("/")[0],
            "log_filename": LOG.rpartition("/")[2], "log_rotation_size": "0", "log_rotation_age": "0",
            "log_statement": "all", "log_timezone": "UTC",
        }  # fmt: skip
        arguments += [
            self.image,
            "postgres",
            *(word for key, value in settings.items() for word in ("-c", f"{key}={value}")),
        ]
        ended = docker.run(arguments, environment=given)
        if ended.code != 0:
            raise docker.DockerFailed("docker did not start its container", ended.output)
        self._ready()
        if not ours:
            self.sql(
                f"CREATE ROLE {quoted(self.username)} LOGIN CREATEDB CREATEROLE PASSWORD '{self.password}'", "postgres"
            )
            self.sql(f"CREATE DATABASE {quoted(self.database)} OWNER {quoted(self.username)}", "postgres")

    def _ready(self) -> None:
        """Wait until it answers on TCP; the images' entry points create their roles before that."""
        deadline = time.monotonic() + READY_SECONDS
        while docker.run(["exec", self.name, "pg_isready", "-q", "-h", "127.0.0.1"]).code != 0:
            running = docker.run(["inspect", "--format", "{{.State.Running}}", self.name])
            if running.output[-1:] != ("true",) or time.monotonic() > deadline:
                raise docker.DockerFailed("it does not answer", docker.run(["logs", "--tail", "20", self.name]).output)
            time.sleep(0.2)

    def _stop(self) -> None:
        docker.remove(self.name)
        docker.run(["network", "rm", self.name])

    def variables(self) -> Mapping[str, str]:
        """Return the variables of the connection, as in a deployment. Its certificate is self-signed."""
        return {
            "DB_HOST": self.name,
            "DB_PORT": "5432",
            "DB_NAME": self.database,
            "DB_SSL": "true",
            "DB_SSL_REJECT_UNAUTHORIZED": "false",
        }

    def sql(self, statement: str, database: str | None = None) -> list[list[str]]:
        """Return the rows of a statement of the check, run by the superuser on the server's own socket."""
        arguments = ["exec", "--env", f"PGAPPNAME={OURS}", self.name, *self.psql(database)]
        return [line.split("\t") for line in docker.ask([*arguments, "-c", statement]).splitlines()]

    def psql(self, database: str | None = None) -> list[str]:
        """Return the command of the server's own client as its superuser: a row per line, tabs between columns."""
        options = ["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-U", SUPERUSER]
        return ["psql", *options, "-d", database or self.database]

    def everywhere(self, query: str) -> list[tuple[str, list[str]]]:
        """Return the rows of a query in each of the application's databases, with the database's name."""
        names = [self.database, *(name for name in self.databases() if name != self.database)]
        return [(name, row) for name in names for row in self.sql(query, name)]

    def load(self, dump: Path) -> None:
        """Load a dump as the master user. Raises docker.DockerFailed with psql's error."""
        docker.ask(["cp", str(dump), f"{self.name}:/tmp/dump.sql"])
        psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", self.username, "-d", self.database]
        docker.ask(["exec", self.name, *psql, "-f", "/tmp/dump.sql"], LOAD_SECONDS)  # noqa: S108 - in the container

    def empty(self) -> bool:
        """Return whether no database has a table, except the system's own."""
        found = (
            "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')"
        )
        return not any(row == ["t"] for _, row in self.everywhere(found))

    def databases(self) -> list[str]:
        """Return the names of the server's databases."""
        return [row[0] for row in self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate")]

    def statements(self) -> list[SqlStatement]:
        """Return the statements of the application's sessions since the last call, in their order."""
        mark = f"sluice-check-{secrets.token_hex(8)}"
        self.sql(f"SELECT '{mark}'")
        deadline = time.monotonic() + LOGGED_SECONDS
        new = self._log()
        while not any(mark in line for line in new):
            if time.monotonic() > deadline:
                raise docker.DockerFailed("the scratch PostgreSQL does not write its log", new)
            time.sleep(0.05)
            new = self._log()
        self._read += len(new)
        return list(sent(new))

    def _log(self) -> list[str]:
        """Return the unread lines of the server's log."""
        return docker.ask(["exec", self.name, "tail", "-n", f"+{self._read + 1}", f"{LOG}.json"], 120).splitlines()


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
