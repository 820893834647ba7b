"""The commands that show and end what holds a lock, as a failed step and the runbook give them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from sluice.diagnosis import blockers
from tests.e2e.notes.stage import DEADLINE, ROOT, Stage

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()


def in_the_task(command: str) -> list[str]:
    """The words that `sluice run` puts into the task."""
    head, separator, rest = command.partition(" -- ")
    assert (head, separator) == ("sluice run --read-only", " -- ")
    return shlex.split(rest)


def by_psql(stage: Stage, command: str) -> str:
    """As a task of an image that has psql and its variables, logged in as the migrations are."""
    user, password = stage.owner
    given = {"PGHOST": "localhost", "PGDATABASE": stage.name, "PGUSER": user, "PGPASSWORD": password}
    words = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
    run = ["docker", "exec", *words, stage.server.container, *in_the_task(command)]
    return subprocess.run(run, capture_output=True, text=True, timeout=DEADLINE, check=True).stdout


def by_python(stage: Stage, statement: str) -> str:
    """As a task of an image with Python: the runbook's own line, against a server without TLS."""
    (line,) = re.findall(r"\| Python with psycopg \| `(.*)` \|", RUNBOOK)
    words = shlex.split(line.replace("sslmode='require'", "sslmode='disable'").replace("STATEMENT", statement))
    assert words[0] == "python"
    run = [sys.executable, *words[1:]]
    env = stage.environ(stage.owner)
    return subprocess.run(run, env=env, capture_output=True, text=True, timeout=DEADLINE, check=True).stdout


@pytest.fixture(params=["a transaction left open", "an advisory lock of an idle session"])
def holder(request: pytest.FixtureRequest, bootstrapped: Stage) -> Any:
    """A session of the migrations' user that nobody is at any more."""
    connection = bootstrapped.connect(login=bootstrapped.owner)
    if request.param.startswith("a transaction"):
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE")
    else:
        connection.execute("SELECT pg_advisory_lock(7)")
    yield connection
    connection.close()


def test_what_holds_a_lock_is_seen_and_ended(bootstrapped: Stage, holder: psycopg.Connection[Any]) -> None:
    pid = holder.info.backend_pid
    shown = by_psql(bootstrapped, blockers.psql(blockers.OPEN))
    assert re.search(rf"^ *{pid} \| {bootstrapped.owner[0]} ", shown, re.MULTILINE), shown
    assert f"({pid}," in by_python(bootstrapped, blockers.OPEN)
    by_psql(bootstrapped, blockers.psql(blockers.END.replace("PID", str(pid))))
    with pytest.raises(psycopg.OperationalError):
        holder.execute("SELECT 1")
    assert str(pid) not in by_psql(bootstrapped, blockers.psql(blockers.OPEN))


def test_a_waiting_session_names_the_one_that_it_waits_for(bootstrapped: Stage) -> None:
    with bootstrapped.connect(login=bootstrapped.owner) as one:
        one.execute("BEGIN")
        one.execute("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE")
        waiting = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _WAIT,
                *map(str, (bootstrapped.server.port, bootstrapped.name, *bootstrapped.owner)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert waiting.stdout is not None
            pid = int(waiting.stdout.readline())
            found = ""
            for _ in range(100):
                found = by_psql(bootstrapped, blockers.psql(blockers.OPEN))
                if f"{{{one.info.backend_pid}}}" in found:
                    break
            assert re.search(rf"^ *{pid} \|.*\| \{{{one.info.backend_pid}\}} +\|", found, re.MULTILINE), found
        finally:
            waiting.kill()
            waiting.communicate(timeout=DEADLINE)


_WAIT = """
import sys, psycopg
port, name, user, password = sys.argv[1:]
with psycopg.connect(host="localhost", port=port, dbname=name, user=user, password=password, sslmode="disable") as one:
    print(one.info.backend_pid, flush=True)
    one.execute("SET lock_timeout = '20s'")
    one.execute("LOCK TABLE notes IN ACCESS SHARE MODE")
"""


def test_the_runbook_has_the_very_commands() -> None:
    for statement in (blockers.OPEN, blockers.END):
        assert f"$ {blockers.psql(statement)}\n" in RUNBOOK
    assert f"## {blockers.CHAPTER}\n" in RUNBOOK
