"""What entrypoints do with a step's words: a table, and the shell's own answer for the rows that a shell can run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sluice.image.entrypoint import handed
from tests.unit.sluice.image.entrypoints import PAGE, TABLE, page


@pytest.mark.parametrize(
    ("entrypoint", "command", "result", "said"), TABLE, ids=[f"{one[0]} {one[1]}" for one in TABLE]
)
def test_what_an_entrypoint_does_with_a_step(entrypoint: list[str], command: list[str], result: str, said: str) -> None:
    found = handed(entrypoint, command)
    assert found.result == result, found
    assert said in found.what
    assert bool(found.what) == (result != "passed") == bool(found.why)


SHELLS = [
    one for one in TABLE if one[0] and one[0][0] in ("sh", "bash", "/bin/sh", "/bin/bash") and one[2] != "warning"
]


@pytest.mark.parametrize(
    ("entrypoint", "command", "result", "said"), SHELLS, ids=[f"{one[0]} {one[1]}" for one in SHELLS]
)
def test_the_shell_itself_agrees(
    tmp_path: Path, entrypoint: list[str], command: list[str], result: str, said: str
) -> None:
    """Programs that write down how they were called stand in for the image's: all words arrive where it passes."""
    log = tmp_path / "log"
    for name in ("python", "migrate", "serve", "docker-entrypoint.sh", "migrate.sh"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {log}\n')
        program.chmod(0o755)
    here = [word.replace("/usr/local/bin", str(tmp_path)).replace("/app/migrate.sh", str(tmp_path / "migrate.sh"))
            for word in [*entrypoint, *command]]  # fmt: skip
    subprocess.run(
        here, cwd="/", env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, stdin=subprocess.DEVNULL, timeout=10, check=False,
        capture_output=True,
    )  # fmt: skip
    ran = log.read_text().split() if log.exists() else []
    wanted = " ".join(command).replace("/app/migrate.sh", "migrate.sh").split()
    arrived = ran[-len(wanted) :] == wanted or (ran[:1] == ["docker-entrypoint.sh"] and ran[1:] == wanted)
    if command[0].startswith("exec"):
        arrived = ran == ["python"]
    assert arrived == (result == "passed"), ran


def test_the_page_shows_this_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "stale: python -m tests.unit.sluice.image.entrypoints"
