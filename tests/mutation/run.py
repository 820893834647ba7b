"""One run of mutmut over a part of the core, in a copy of the working tree, bounded in time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.mutation.page import Figures, Module, Mutant

ROOT = Path(__file__).resolve().parents[2]
MUTMUT = Path(sys.executable).parent / "mutmut"
SECONDS = 120.0
"""Of `git` and of one `mutmut show`."""
START = 300.0
"""Seconds besides the mutants' own time, in which mutmut makes them and runs the tests once without any."""
COPIED = ("sluice", "tests", "docs", "components", "bench", "pyproject.toml")
"""What the core's unit tests read or import."""

KILLED, SURVIVED, UNTESTED, TIMEOUT = {1, 3}, {0}, {5, 33}, {-24, 24, 36, 152, 255}
"""Exit codes that mutmut records for one mutant (mutmut.stats, mutmut 3.8)."""

SETTINGS = """
[tool.mutmut]
source_paths = ["sluice"]
only_mutate = {only}
also_copy = {copied}
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:cacheprovider"]
use_git_change_detection = false
"""


class Interrupted(Exception):
    """There is no result; the text says why."""


def measured(room: str, minutes: float, children: int) -> Figures:
    """The figures of every module in *room* (see tests.mutation).

    Args:
        minutes: for the mutants; those that were not tried by then are counted as such.
        children: mutants tried at a time.

    Raises:
        Interrupted: nothing can be mutated, or the room's tests fail without a mutant.
    """
    part = room.removeprefix("sluice/").strip("/")
    whole = ROOT / "sluice" / part
    if not (whole.is_dir() or whole.is_file()):
        raise Interrupted(f"sluice/{part} does not exist. Fix: name a room, a folder or a file of sluice/")
    tests = Path("tests/unit/sluice") / part.partition("/")[0]
    if not (ROOT / tests).is_dir():
        raise Interrupted(f"{tests} does not exist. Fix: name a room that has unit tests")
    only = f"sluice/{part}" if whole.is_file() else f"sluice/{part}/*"
    folder = ROOT / ".local" / "mutation" / part.replace("/", "-")
    _copy(folder)
    words = {"only": [only], "copied": [name for name in COPIED if name != "sluice"], "tests": [tests.as_posix()]}
    with (folder / "pyproject.toml").open("a") as file:
        file.write(SETTINGS.format(**{key: json.dumps(value) for key, value in words.items()}))
    begun = time.monotonic()
    _bounded(folder, minutes * 60 + START, children)
    seconds = time.monotonic() - begun
    metas = sorted((folder / "mutants" / "sluice").rglob("*.meta"))
    if not metas:
        raise Interrupted(f"mutmut made no mutant of sluice/{part}; log: {folder / 'mutmut.log'}")
    every = {
        meta.relative_to(folder / "mutants").as_posix().removesuffix(".meta"): codes
        for meta in metas
        if (codes := json.loads(meta.read_text())["exit_code_by_key"])
    }
    if all(code is None for codes in every.values() for code in codes.values()):
        raise Interrupted(f"no mutant of sluice/{part} was tried; log: {folder / 'mutmut.log'}")
    total = sum(map(len, every.values()))
    commit = _git("describe", "--always", "--dirty=, with changes").decode().strip()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return Figures(
        tuple(
            _module(folder, path, codes, seconds / 60 * len(codes) / total, f"{today}, {commit}")
            for path, codes in every.items()
        )
    )


def _module(folder: Path, path: str, codes: dict[str, int | None], minutes: float, made: str) -> Module:
    count = {name: sum(code in kind for code in codes.values()) for name, kind in _KINDS.items()}
    untried = sum(code is None for code in codes.values())
    left = [name for name, code in codes.items() if code in SURVIVED | UNTESTED]
    odd = len(codes) - untried - sum(count.values())
    return Module(
        path=path,
        mutants=len(codes),
        killed=count["killed"],
        timeout=count["timeout"],
        untried=untried,
        odd=odd,
        minutes=round(minutes, 1),
        made=made,
        survivors=tuple(sorted(_shown(folder, left))),
    )


_KINDS: dict[str, set[int | None]] = {
    "killed": {*KILLED},
    "timeout": {*TIMEOUT},
    "survived": {*SURVIVED, *UNTESTED},
}


def _shown(folder: Path, names: list[str]) -> Iterator[Mutant]:
    """What each mutant changes, with the function that it is in."""
    for name in names:
        done = subprocess.run(
            [MUTMUT, "show", name], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=True
        )
        changed = [line for line in done.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        old = " ".join(line[1:].strip() for line in changed if line[0] == "-")
        new = " ".join(line[1:].strip() for line in changed if line[0] == "+")
        yield Mutant(function(name), old, new)


def function(mutant: str) -> str:
    """Where a mutant is, from mutmut's name of it: ``module.x_name__mutmut_1``, ``module.xǁClassǁname__mutmut_1``."""
    mangled = mutant.rpartition(".")[2].rpartition("__mutmut_")[0]
    return mangled[2:].replace("ǁ", ".")


def _copy(folder: Path) -> None:
    """The working tree's files that git knows or could know, without what a run before left."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *COPIED).decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)


def _bounded(folder: Path, seconds: float, children: int) -> None:
    """Run mutmut to its end, or to the end of its time: what it has found by then is on disk."""
    with (folder / "mutmut.log").open("w") as log:
        process = subprocess.Popen(
            [MUTMUT, "run", "--max-children", str(children)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f"the time is up: not every mutant was tried; log: {log.name}")
            _interrupt(process)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """End mutmut as Ctrl-C does: killed in the middle of a write, it would leave half a file of results."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        print("mutmut did not end within 30 s and is killed")


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, timeout=SECONDS, check=True).stdout
