"""Commands side by side: whole outputs, true results, an end by Ctrl-C."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import parallel
from local.parallel import Job
from local.toolchain.progress import SetupProgress, Timing
from local.toolchain.steps import SetupInterrupted


def python(name: str, code: str) -> Job:
    return Job(name, (sys.executable, "-c", code))


@pytest.fixture
def progress() -> Iterator[SetupProgress]:
    made = SetupProgress(io.StringIO())
    yield made
    made.close()


def run(jobs: list[Job], progress: SetupProgress, folder: Path, width: int = 2) -> list[Timing]:
    return parallel.run(jobs, width=width, logs=folder / "logs", cwd=folder, env=os.environ, progress=progress)


def printed(progress: SetupProgress) -> str:
    assert isinstance(progress.out, io.StringIO)
    return progress.out.getvalue()


TALK = "import time\nfor n in range(5): print('{0}', n, flush=True); time.sleep(0.05)"


def test_outputs_stay_whole_and_results_in_order(tmp_path: Path, progress: SetupProgress) -> None:
    jobs = [python("one", TALK.format("one")), python("two", TALK.format("two"))]
    timings = run(jobs, progress, tmp_path)
    assert [(timing.part, timing.note) for timing in timings] == [("one", "passed"), ("two", "passed")]
    for name in ("one", "two"):
        assert "\n".join(f"{name} {number}" for number in range(5)) in printed(progress)
        assert (tmp_path / "logs" / f"{name}.log").read_text().startswith(f"{name} 0\n")


def test_they_run_side_by_side_and_no_more_than_the_width(tmp_path: Path, progress: SetupProgress) -> None:
    """Each waits for its partner: one after the other they would never end; the third finds no partner."""
    meet = (
        "import pathlib, sys, time\npathlib.Path({0!r}).touch()\nend = time.monotonic() + 10\n"
        "while not pathlib.Path({1!r}).exists():\n    time.sleep(0.01)\n    assert time.monotonic() < end\n"
    )
    alone = "import pathlib, sys\nsys.exit(not (pathlib.Path('a').exists() and pathlib.Path('b').exists()))"
    jobs = [python("a", meet.format("a", "b")), python("b", meet.format("b", "a")), python("c", alone)]
    assert {timing.note for timing in run(jobs, progress, tmp_path)} == {"passed"}


def test_one_failure_is_named_and_the_others_go_on(tmp_path: Path, progress: SetupProgress) -> None:
    jobs = [python("bad", "print('why'); raise SystemExit(3)"), python("good", "print('fine')")]
    bad, good = run(jobs, progress, tmp_path, width=1)
    assert bad.note.startswith(f"failed: {sys.executable} -c")
    assert good.note == "passed"
    assert "why\n" in printed(progress)


def test_one_that_takes_too_long_is_ended_and_has_failed(
    tmp_path: Path, progress: SetupProgress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "SECONDS", 0.5)
    monkeypatch.setattr(parallel, "GRACE", 0.5)
    deaf = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)"
    began = time.monotonic()
    (timing,) = run([python("deaf", deaf)], progress, tmp_path)
    assert timing.note == "failed: not ended within 0 s"
    assert time.monotonic() - began < 20


def test_a_program_that_is_missing_ends_the_others(tmp_path: Path, progress: SetupProgress) -> None:
    jobs = [python("long", "import time; time.sleep(60)"), Job("missing", (str(tmp_path / "nothing"),))]
    began = time.monotonic()
    with pytest.raises(FileNotFoundError):
        run(jobs, progress, tmp_path)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_reaches_all_and_each_ends_in_its_own_order(
    tmp_path: Path, progress: SetupProgress, number: signal.Signals
) -> None:
    """The third never starts; the two that run clean up first."""
    tidy = (
        "import pathlib, time\npathlib.Path('{0}.began').touch()\n"
        "try:\n    time.sleep(60)\nfinally:\n    pathlib.Path('{0}.tidied').touch()\n"
    )
    jobs = [python(name, tidy.format(name)) for name in ("a", "b", "c")]

    def end() -> None:
        deadline = time.monotonic() + 20
        while not all((tmp_path / f"{name}.began").exists() for name in "ab") and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    ender = threading.Thread(target=end)
    ender.start()
    with pytest.raises(SetupInterrupted):
        run(jobs, progress, tmp_path)
    ender.join(10)
    assert {path.name for path in tmp_path.glob("*.tidied")} == {"a.tidied", "b.tidied"}
    assert not (tmp_path / "c.began").exists()
    assert signal.getsignal(number) is before
