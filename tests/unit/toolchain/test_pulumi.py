"""Which road leads to the Pulumi CLI, and the mending of the language host."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local import environment
from local.toolchain import pulumi
from local.toolchain.process import SetupFailed
from local.toolchain.pulumi import FoundCli, amend, go_obstacle, usable, version


@pytest.fixture
def place(tmp_path: Path) -> environment.Checkout:
    return environment.checkout(tmp_path / "checkout", {"XDG_CACHE_HOME": str(tmp_path / "cache")})


def command_line(folder: Path, answer: str, names: tuple[str, ...] = pulumi.NAMES) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\necho {answer}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("v3.250.0", (3, 250, 0)),
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("go version go1.26 linux/amd64", (1, 26, 0)),
        ("v3.251.0-dev.0", (3, 251, 0)),
        ("", ()),
        ("no version here", ()),
    ],
)
def test_version(text: str, number: tuple[int, ...]) -> None:
    assert version(text) == number


@pytest.mark.parametrize(
    ("found", "good"),
    [
        (None, False),
        (FoundCli(Path("/opt"), (3, 250, 0), complete=True), True),
        (FoundCli(Path("/opt"), (3, 200, 0), complete=True), True),
        (FoundCli(Path("/opt"), (3, 199, 9), complete=True), False),
        (FoundCli(Path("/opt"), (), complete=True), False),
        (FoundCli(Path("/opt"), (3, 250, 0), complete=False), False),
    ],
)
def test_the_one_on_path_must_be_recent_and_complete(found: FoundCli | None, good: bool) -> None:
    assert usable(found) is good


def test_the_one_on_path_is_asked(tmp_path: Path, place: environment.Checkout) -> None:
    folder = command_line(tmp_path / "opt", "v3.260.1")
    assert pulumi.on_path(f"/nowhere:{folder}", place) == FoundCli(folder, (3, 260, 1), complete=True)


def test_one_without_its_language_host_is_incomplete(tmp_path: Path, place: environment.Checkout) -> None:
    folder = command_line(tmp_path / "opt", "v3.260.1", names=("pulumi",))
    assert pulumi.on_path(str(folder), place) == FoundCli(folder, (3, 260, 1), complete=False)


def test_our_own_on_path_is_not_mistaken_for_the_machines(tmp_path: Path, place: environment.Checkout) -> None:
    assert pulumi.on_path(str(command_line(place.built_pulumi, "v3.250.0")), place) is None
    machines = command_line(tmp_path / "opt", "v3.260.1")
    shells = command_line(place.local / "bin", "v3.250.0", names=("pulumi",))  # what `make env` puts first
    assert pulumi.on_path(f"{shells}:{machines}", place) == FoundCli(machines, (3, 260, 1), complete=True)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "no Go is on PATH"),
        ("go version go1.25.9 linux/amd64", "go1.25.9"),
        ("go version go1.26.0 linux/amd64", None),
        ("go version go2.0 linux/amd64", None),
    ],
)
def test_go_must_be_new_enough(answer: str | None, says: str | None) -> None:
    obstacle = go_obstacle(answer)
    assert (obstacle is None) if says is None else (obstacle is not None and says in obstacle and "Go 1.26" in obstacle)


def test_done_only_while_the_chosen_one_is_there(place: environment.Checkout) -> None:
    assert not pulumi.done(place)
    place.local.mkdir(parents=True)
    place.pulumi_record.write_text(json.dumps({"bin": str(place.built_pulumi), "road": "built"}))
    assert not pulumi.done(place)
    command_line(place.built_pulumi, "v3.250.0")
    assert pulumi.done(place)


def test_a_build_of_another_version_is_not_done(place: environment.Checkout) -> None:
    old = command_line(place.cache / "pulumi-3.200.0" / "bin", "v3.200.0")
    place.local.mkdir(parents=True)
    place.pulumi_record.write_text(json.dumps({"bin": str(old), "road": "built"}))
    assert not pulumi.done(place)


PROGRAM = """\
import os, sys, time, threading
PYTHON_PROCESS_EXITED_AFTER_SHOWING_USER_ACTIONABLE_MESSAGE_CODE = 32
if __name__ == "__main__":
    threading.Thread(target=time.sleep, args=(30,)).start()
    try:
        print("ready", flush=True)
        time.sleep(30)
        exit_code = 0
    except Exception:
        error_msg = "Program failed with an unhandled exception:\\n"
        exit_code = 1
"""


def test_an_interrupted_program_ends_at_once_and_says_nothing(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(amend(PROGRAM))
    child = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    os.kill(child.pid, signal.SIGINT)
    _, errors = child.communicate(timeout=5)
    assert (child.returncode, errors) == (32, "")


def test_another_program_is_refused_rather_than_left_unmended() -> None:
    with pytest.raises(SetupFailed, match="not the expected one"):
        amend("print('something else')")
