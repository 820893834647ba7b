"""A language host that ends the program with SIGINT, as the current one does on every failed update."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

WAITS = """
import asyncio, sys
{first}
async def rpc_manager():
    print("waiting", flush=True)
    await asyncio.sleep(60)
asyncio.run(rpc_manager())
"""


def ended(first: str) -> tuple[int, str]:
    """The program's exit code and what it said, after the host's SIGINT in the middle of its waiting."""
    program = subprocess.Popen(
        [sys.executable, "-c", WAITS.format(first=first)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "waiting\n"
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=30)
    return program.returncode, said


def test_the_program_ends_at_once_and_says_nothing() -> None:
    assert ended("from infra import interruption; interruption.end_quietly()") == (32, "")


def test_without_it_there_is_a_traceback() -> None:
    code, said = ended("")
    assert code != 32
    assert "Traceback" in said


@pytest.mark.parametrize("name", ["__main__.py"])
def test_the_program_begins_with_it(name: str) -> None:
    from pathlib import Path

    lines = (Path(__file__).parents[3] / name).read_text().splitlines()
    first = next(line for line in lines if line and not line.startswith(("import", "from", '"""', "#")))
    assert first.startswith("interruption.end_quietly()")
