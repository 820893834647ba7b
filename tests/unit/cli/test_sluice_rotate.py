"""`sluice rotate`: which resource is replaced, and what `pulumi` is called with."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sluice.cli import exits
from sluice.cli.command import main
from sluice.cli.interrupt import Interrupt
from sluice.cli.rotate import attached, password
from sluice.migration.operator_run import RunRefused
from tests.unit.cli.test_sluice_stack import GATE

STACK = "urn:pulumi:prod::sluice::"
USERS = f"{STACK}sluice:components:DatabaseUsers$gate:index:GeneratedSecret::sluice-prod-"


def state(*urns: str) -> dict[str, Any]:
    return {"deployment": {"resources": [{"urn": urn, "type": urn.split("::")[2].split("$")[-1]} for urn in urns]}}


OTHERS = (f"{STACK}pulumi:pulumi:Stack::sluice-prod", f"{STACK}gate:index:GeneratedSecret::theirs-app")


def test_the_users_own_resource_is_found_among_others() -> None:
    found = state(*OTHERS, f"{USERS}owner", f"{USERS}app")
    assert password(found, "app") == f"{USERS}app"
    assert password(found, "owner") == f"{USERS}owner"


@pytest.mark.parametrize("found", [{}, {"deployment": {"resources": None}}, state(*OTHERS)])
def test_a_stack_without_such_users_is_refused(found: dict[str, Any]) -> None:
    with pytest.raises(RunRefused, match=r"`database\.roles` is false"):
        password(found, "app")


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` that says outputs and state, and writes down what `up` was called with; its exit code is in a file."""
    (tmp_path / "output").write_text(json.dumps({"gate": GATE | {"database": "prod-database"}}))
    (tmp_path / "export").write_text(json.dumps(state(*OTHERS, f"{USERS}app")))
    (tmp_path / "code").write_text("0")
    program = tmp_path / "pulumi"
    lines = ("#!/bin/sh", f"cd {tmp_path}", '[ "$1" = stack ] && exec cat "$2"', 'echo "$@" > called; echo updating')
    program.write_text("\n".join([*lines, "exit $(cat code)", ""]))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("sluice.aws.session.Clients.verify", lambda self: None)
    return tmp_path


def test_pulumi_up_replaces_the_password_and_nothing_is_asked_twice(
    pulumi: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["rotate", "app", "--stack", "prod", "--cwd", str(pulumi)]) == exits.OK
    assert (pulumi / "called").read_text() == f"up --stack prod --replace {USERS}app\n"
    words = ["rotate", "app", "--yes", "--json", "--up=--config-file=x", "--cwd", str(pulumi)]
    capfd.readouterr()
    assert main(words) == exits.OK
    assert (pulumi / "called").read_text() == f"up --replace {USERS}app --yes --skip-preview --config-file=x\n"
    out, err = capfd.readouterr()
    assert json.loads(out) == {"outcome": "rotated", "user": "app", "urn": f"{USERS}app", "exit": 0}
    assert "updating" in err


def test_a_pulumi_that_fails_is_a_failure(pulumi: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pulumi / "code").write_text("255")
    assert main(["rotate", "app", "--yes", "--cwd", str(pulumi)]) == exits.FAILED
    assert "another one" not in capsys.readouterr().err


def test_of_the_master_user_it_says_how(pulumi: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rotate", "master", "--cwd", str(pulumi)]) == exits.REFUSED
    said = capsys.readouterr().err
    assert "aws rds modify-db-instance --db-instance-identifier prod-database --rotate-master-user-password" in said
    assert not (pulumi / "called").exists()


def test_a_sigterm_is_passed_on_as_ctrl_c_once_and_the_end_awaited(tmp_path: Path) -> None:
    script = "trap 'echo asked >> asked' INT; echo up > up; while [ ! -s asked ]; do sleep 0.1; done; exit 7"
    child = subprocess.Popen(["/bin/sh", "-c", script], cwd=tmp_path)
    with Interrupt() as interrupt:
        interrupt.heeded = True

        def terminate() -> None:
            deadline = time.monotonic() + 10
            while not (tmp_path / "up").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            signal.raise_signal(signal.SIGTERM)

        thread = threading.Thread(target=terminate)
        thread.start()
        assert attached(child, interrupt) == 7
        thread.join(10)
    assert (tmp_path / "asked").read_text() == "asked\n"
