"""The stack's database, looked at from outside: what is in it, and whether anything was changed."""

from __future__ import annotations

import hashlib
import subprocess

from emulator.cloud.containers import owned
from tests.e2e.stage import Stage

SECONDS = 60
NAME = "notes"


class Database:
    """The emulated RDS instance of a stage, by its container."""

    def __init__(self, stage: Stage) -> None:
        (instance,) = stage.client("rds").describe_db_instances()["DBInstances"]
        self._user = str(instance["MasterUsername"])
        found = [one for one in owned(stage.env["AWS_ACCESS_KEY_ID"]) if "postgres" in _image(one)]
        (self._container,) = found

    def sql(self, statement: str) -> str:
        """What a statement gives, as its master user."""
        return self._run("psql", "--tuples-only", "--no-align", "--command", statement)

    def fingerprint(self) -> str:
        """Of its schema and all its rows; not of owners and grants, which every run's first step sets anew."""
        dump = self._run("pg_dump", "--no-owner", "--no-privileges")
        # Newer pg_dumps put a random word around the dump.
        kept = [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
        return hashlib.sha256("\n".join(kept).encode()).hexdigest()

    def has(self, table: str) -> bool:
        """Whether it has a table of this name."""
        return self.sql(f"select to_regclass('public.{table}') is not null").strip() == "t"

    def _run(self, *words: str) -> str:
        login = [words[0], "--username", self._user, "--dbname", NAME, *words[1:]]
        command = ["docker", "exec", self._container, *login]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout


def _image(container: str) -> str:
    words = ["docker", "inspect", "--format", "{{.Config.Image}}", container]
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=SECONDS).stdout.strip()
