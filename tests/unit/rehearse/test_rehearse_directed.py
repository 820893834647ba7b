"""Where `pulumi` works in a rehearsal's shell: on the copy, with the very same words otherwise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from local import environment, shell
from local.rehearse import copy
from local.rehearse.directed import directed
from local.rehearse.place import place

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a folder in it, and another project beside it."""
    for folder in ("checkout", "other"):
        (tmp_path / folder / "docs").mkdir(parents=True)
        (tmp_path / folder / "Pulumi.yaml").write_text("name: x\n")
    return tmp_path / "checkout"


CASES: list[tuple[str, list[str], str, list[str]]] = [
    ("the root", ["preview", "--stack", "prod"], ".", ["preview", "--stack", "prod"]),
    ("a folder below", ["stack", "rm", "prod", "--yes"], "docs", ["stack", "rm", "prod", "--yes"]),
    ("named", ["-C", "docs", "up"], ".", ["up"]),
    ("named at once", ["-Cdocs", "up"], ".", ["up"]),
    ("named by =", ["--cwd=..", "up"], "docs", ["up"]),
    ("named from elsewhere", ["up", "--cwd", "../checkout"], "../other", ["up"]),
    ("a plan", ["up", "--plan", "p.json"], "docs", ["up", "--plan", "<root>/docs/p.json"]),
    ("a plan by =", ["preview", "--save-plan=p.json"], ".", ["preview", "--save-plan=<root>/p.json"]),
    ("an absolute one", ["stack", "export", "--file", "/x"], ".", ["stack", "export", "--file", "/x"]),
    ("a plan in a named folder", ["-C", "docs", "up", "--plan", "p"], ".", ["up", "--plan", "<root>/docs/p"]),
    ("a setting with =", ["config", "set", "a", "--x=y"], ".", ["config", "set", "a", "--x=y"]),
]


@pytest.mark.parametrize(("words", "here", "rest"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_a_command_of_this_project_runs_in_the_rehearsals_folder(
    checkout: Path, words: list[str], here: str, rest: list[str]
) -> None:
    found = directed(words, (checkout / here).resolve(), checkout, Path("/rehearsal"))
    assert found == ["-C", "/rehearsal", *(word.replace("<root>", str(checkout)) for word in rest)]


@pytest.mark.parametrize(
    ("words", "here"), [(["up", "--plan", "p"], "../other"), (["-C", "../other", "up"], "."), (["version"], "../..")]
)
def test_a_command_of_another_project_stays_as_it_is(checkout: Path, words: list[str], here: str) -> None:
    assert directed(words, (checkout / here).resolve(), checkout, Path("/rehearsal")) == words


def test_the_shells_pulumi_hands_every_word_on(checkout: Path) -> None:
    """Through the command on the PATH, with the checkout's Python and no module of any other folder."""
    script = checkout / "local" / "rehearse" / "directed.py"
    script.parent.mkdir(parents=True)
    script.write_text((ROOT / "local" / "rehearse" / "directed.py").read_text())
    ours = environment.checkout(checkout, {"XDG_CACHE_HOME": str(checkout / "cache")})
    for file, line in (
        (ours.venv / "bin" / "python", f'exec {sys.executable} "$@"'),
        (ours.built_pulumi / "pulumi", 'printf "%s|" "$@"; command -v python'),
    ):
        file.parent.mkdir(parents=True)
        file.write_text(f"#!/bin/sh\n{line}\n")
        file.chmod(0o755)
    (checkout / "os.py").write_text("raise SystemExit('a module of the working directory')")
    command = shell.put_commands(ours, place(ours)) / "pulumi"
    words = [str(command), "preview", "two words", "$HOME"]
    done = subprocess.run(words, cwd=checkout, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == f"-C|{place(ours).local}|preview|two words|$HOME|{ours.venv}/bin/python\n"


def test_the_project_in_the_rehearsals_folder_is_this_one() -> None:
    found, ours = yaml.safe_load(copy.project(ROOT)), yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert found["main"] == str(ROOT)
    assert (found["name"], found["config"]) == (ours["name"], ours["config"])
    assert Path(found["runtime"]["options"]["virtualenv"]) == ROOT / ".venv"
    assert [Path(one["path"]) for one in found["plugins"]["providers"]] == [ROOT / "sluice" / "provider"]
