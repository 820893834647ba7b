"""A shell on a stack: which commands it finds, and which stack they work on."""

import json
import subprocess
from pathlib import Path

import pytest

from local import environment, shell


def program(file: Path, line: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def place(tmp_path: Path) -> environment.Checkout:
    """A checkout, set up in a folder with a space in its name; its Pulumi CLI runs the `python3` on its PATH."""
    place = environment.checkout(tmp_path / "check out", {"XDG_CACHE_HOME": str(tmp_path / "cache")})
    program(place.built_pulumi / "pulumi", 'echo "$PULUMI_STACK: $* on $(command -v python3)"')
    for name in ("python", "python3"):
        program(place.venv / "bin" / name, "exit 1")
    program(place.root / "bin" / "sluice", 'exec pulumi stack output "$@"')
    place.local.mkdir()
    place.pulumi_record.write_text(json.dumps({"bin": str(place.built_pulumi), "road": "built"}))
    return place


@pytest.fixture
def base(tmp_path: Path) -> dict[str, str]:
    """The environment of a person whose own virtual environment is active."""
    python = program(tmp_path / "mine" / "bin" / "python", "exit 0")
    program(python.with_name("python3"), "exit 0")
    return {"PATH": f"{python.parent}:/usr/bin:/bin", "PULUMI_STACK": "of-another-project"}


def said(place: environment.Checkout, base: dict[str, str], script: str) -> list[str]:
    """What a script says in a shell that was put on the local stack."""
    lines = shell.exports(base, environment.changes(place, base, "http://e"), "local", shell.put_commands(place))
    script = f"{lines}\n{script}"
    done = subprocess.run(["/bin/sh", "-c", script], env=base, capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.splitlines()


def test_the_shell_keeps_its_own_python(place: environment.Checkout, base: dict[str, str], tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "bin"
    assert said(place, base, "command -v python; command -v python3") == [str(mine / "python"), str(mine / "python3")]


def test_pulumi_runs_the_program_on_the_projects_python(place: environment.Checkout, base: dict[str, str]) -> None:
    assert said(place, base, "pulumi up 'two words'") == [f"local: up two words on {place.venv}/bin/python3"]


def test_sluice_finds_the_stack_that_the_shell_is_on(place: environment.Checkout, base: dict[str, str]) -> None:
    assert said(place, base, "sluice --json") == [f"local: stack output --json on {place.venv}/bin/python3"]


def test_path_names_the_commands_once_however_often_it_is_evaluated(
    place: environment.Checkout, base: dict[str, str]
) -> None:
    (once,) = said(place, base, 'echo "$PATH"')
    (twice,) = said(place, {"PATH": once}, 'echo "$PATH"')
    assert once == twice == f"{place.local}/bin:{base['PATH']}"


def test_a_stack_of_another_project_reaches_no_process_of_ours(
    place: environment.Checkout, base: dict[str, str]
) -> None:
    assert "PULUMI_STACK" not in environment.applied(base, environment.changes(place, base, "http://e"))
