"""Steps: order, what is skipped, and what a failure or Ctrl-C ends."""

import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.toolchain.process import SetupFailed
from local.toolchain.progress import SetupProgress
from local.toolchain.steps import SetupStep, StepRunner, carry_out, needed

ROOT = Path(__file__).resolve().parents[3]


def step(name: str, run: Callable[[StepRunner], str], after: tuple[str, ...] = (), done: bool = False) -> SetupStep:
    return SetupStep(name, f"doing {name}", done=lambda: done, run=run, after=after)


def noting(ran: list[str], name: str = "ran") -> Callable[[StepRunner], str]:
    def run(runner: StepRunner) -> str:
        ran.append(name)
        return f"{name} done"

    return run


def test_each_step_runs_after_those_it_needs_and_done_ones_do_not_run(tmp_path: Path) -> None:
    order: list[str] = []
    steps = [
        step("last", noting(order, "last"), ("middle", "old")),
        step("first", noting(order, "first")),
        step("old", noting(order, "old"), done=True),
        step("middle", noting(order, "middle"), ("first",)),
    ]
    timings = carry_out(steps, tmp_path, SetupProgress(io.StringIO()))
    assert order == ["first", "middle", "last"]
    assert [(timing.part, timing.note) for timing in timings] == [
        ("last", "last done"),
        ("first", "first done"),
        ("old", "done before"),
        ("middle", "middle done"),
    ]


def test_independent_steps_run_side_by_side(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)

    def meet(runner: StepRunner) -> str:
        both.wait()
        return "met"

    carry_out([step("one", meet), step("two", meet)], tmp_path, SetupProgress(io.StringIO()))


def test_a_failure_ends_the_others_and_is_told_with_its_step(tmp_path: Path) -> None:
    started = threading.Event()

    def sleep(runner: StepRunner) -> str:
        started.set()
        return runner.run(["sleep", "60"], seconds=60, remedy="none")

    def fail(runner: StepRunner) -> str:
        assert started.wait(10)
        raise SetupFailed("the disk is full\n  fix: make room")

    never: list[str] = []
    steps = [
        step("sleeper", sleep),
        step("failing", fail),
        step("after", noting(never), ("failing",)),
    ]
    began = time.monotonic()
    with pytest.raises(SetupFailed, match="doing failing failed: the disk is full\n  fix: make room"):
        carry_out(steps, tmp_path, SetupProgress(io.StringIO()))
    assert time.monotonic() - began < 10
    assert never == []


def test_another_setup_that_did_the_work_meanwhile_is_not_repeated(tmp_path: Path) -> None:
    answers = iter([False, True])
    ran: list[str] = []
    one = SetupStep("one", "doing one", lambda: next(answers), noting(ran), lock=tmp_path / "lock")
    assert carry_out([one], tmp_path, SetupProgress(io.StringIO()))[0].note == "done by another set-up"
    assert ran == []


def test_needed_follows_what_a_step_comes_after() -> None:
    steps = [
        step("a", lambda runner: ""),
        step("b", lambda runner: "", ("a",)),
        step("c", lambda runner: "", ("b",)),
        step("d", lambda runner: "", ("a",)),
    ]
    assert [found.name for found in needed(steps, ["c"])] == ["a", "b", "c"]


PROGRAM = """
import sys
from pathlib import Path
from local.toolchain.progress import SetupProgress
from local.toolchain.steps import SetupInterrupted, SetupStep, carry_out

logs = Path(sys.argv[1])
def run(work):
    return work.run(["sh", "-c", "sleep 60 & echo $! > " + str(logs / "child") + "; wait"], seconds=60, remedy="none")

try:
    carry_out([SetupStep("long", "sleeping", lambda: False, run)], logs, SetupProgress())
except SetupInterrupted:
    sys.exit(130)
"""


def test_ctrl_c_ends_the_children(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", PROGRAM, tmp_path], cwd=ROOT, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(2)
    child.communicate(timeout=15)
    assert child.returncode == 130
    sleeper = Path("/proc") / (tmp_path / "child").read_text().strip() / "stat"
    while sleeper.exists() and " Z " not in sleeper.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
