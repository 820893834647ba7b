"""The lock between processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.toolchain.lock import Busy, held

ROOT = Path(__file__).resolve().parents[3]
HOLDER = """
import sys, time
from pathlib import Path
from local.toolchain.lock import held
with held(Path(sys.argv[1]), seconds=10, waiting=print, cancelled=lambda: False):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_waits_says_for_whom_and_gives_up(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    said: list[str] = []
    with (
        pytest.raises(Busy, match=f"process id {holder.pid}"),
        held(tmp_path / "lock", seconds=0.5, waiting=said.append, cancelled=lambda: False),
    ):
        pytest.fail("held by two")
    assert said == [f"waiting for the set-up with process id {holder.pid}"]


def test_waiting_can_be_cancelled(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    began = time.monotonic()
    with pytest.raises(Busy), held(tmp_path / "lock", seconds=60, waiting=lambda line: None, cancelled=lambda: True):
        pytest.fail("held by two")
    assert time.monotonic() - began < 5


def test_a_killed_holder_leaves_no_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait(timeout=10)
    with held(tmp_path / "lock", seconds=5, waiting=lambda line: None, cancelled=lambda: False):
        assert (tmp_path / "lock").exists()
