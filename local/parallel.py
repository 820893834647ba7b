"""Runs commands in parallel: each one's output is printed when it ends; Ctrl-C ends all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from local.toolchain.progress import SetupProgress, Timing
from local.toolchain.steps import SetupInterrupted

SECONDS = 1800.0  # timeout of one job
GRACE = 60.0  # seconds from SIGINT to SIGKILL: pytest's fixtures stop their emulators meanwhile
_POLL = 0.1


@dataclass(frozen=True)
class Job:
    """A command with a name for messages."""

    name: str
    command: tuple[str, ...]


class Running:
    """A running job, in a process group of its own, so that ending it ends nothing else."""

    def __init__(self, job: Job, log: Path, cwd: Path, env: Mapping[str, str]) -> None:
        self.job, self.log, self.began = job, log, time.monotonic()
        self._ask_at, self._kill_at = self.began + SECONDS, self.began + SECONDS + GRACE
        self.late = False
        with log.open("wb") as out:
            self.child = subprocess.Popen(
                job.command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def interrupt(self) -> None:
        """Send SIGINT once, so that it ends cleanly."""
        now = time.monotonic()
        if self._ask_at < self._kill_at and self.child.poll() is None:
            self._ask_at, self._kill_at = float("inf"), now + GRACE
            os.killpg(self.child.pid, signal.SIGINT)

    def ended(self) -> bool:
        """Return whether it has ended; after its timeout, end it."""
        if self.child.poll() is not None:
            return True
        now = time.monotonic()
        if now >= self._ask_at:
            self.late = True
            self.interrupt()
        if now >= self._kill_at:
            self.kill()
        return False

    def kill(self) -> None:
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait(GRACE)

    @property
    def note(self) -> str:
        if self.late:
            return f"failed: not ended within {SECONDS:.0f} s"
        return "passed" if self.child.returncode == 0 else f"failed: {' '.join(self.job.command)}"


def run(
    jobs: Sequence[Job], *, width: int, logs: Path, cwd: Path, env: Mapping[str, str], progress: SetupProgress
) -> list[Timing]:
    """Run the jobs, at most `width` at a time, in their order.

    Args:
        logs: the folder that keeps `NAME.log` of every job.

    Returns:
        One timing a job, in the jobs' order; its note is `passed` or says what failed.

    Raises:
        Interrupted: by Ctrl-C or SIGTERM, when every job has ended.
    """
    logs.mkdir(parents=True, exist_ok=True)
    waiting, running = list(jobs), list[Running]()
    timings: dict[Job, Timing] = {}
    with _asked_to_end() as asked:
        try:
            while waiting or running:
                if asked:
                    waiting.clear()
                    for one in running:
                        one.interrupt()
                while waiting and len(running) < width:
                    job = waiting.pop(0)
                    running.append(Running(job, logs / f"{job.name.replace(' ', '-')}.log", cwd, env))
                    progress.start(job.name, job.name)
                for one in [one for one in running if one.ended()]:
                    running.remove(one)
                    timings[one.job] = _report(one, progress)
                time.sleep(_POLL)
        finally:
            for one in running:  # only when a program could not be started, or its output not be kept
                one.kill()
    if asked:
        raise SetupInterrupted
    return [timings[job] for job in jobs]


def _report(one: Running, progress: SetupProgress) -> Timing:
    mark = "=" * max(3, 100 - len(one.job.name))
    output = one.log.read_text(errors="replace").rstrip()
    progress.say(f"\n== {one.job.name} {mark}\n{output}")
    if one.note == "passed":
        return Timing(one.job.name, progress.finish(one.job.name, f"{one.job.name} passed"), one.note)
    progress.drop(one.job.name)
    progress.say(f"✗ {one.job.name} {one.note}")
    return Timing(one.job.name, time.monotonic() - one.began, one.note)


@contextmanager
def _asked_to_end() -> Iterator[list[int]]:
    """Yield a list that is empty until SIGINT or SIGTERM, so that no signal interrupts the start of a job."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
