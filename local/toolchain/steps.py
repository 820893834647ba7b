"""Steps that know what they need and whether they are done, run side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.toolchain.lock import Busy, held
from local.toolchain.process import Runner, SetupCancelled, SetupFailed
from local.toolchain.progress import SetupProgress, Timing

LOCK_SECONDS = 1200.0  # another checkout may be building everything


END_SECONDS = 20.0  # for all children to end after Ctrl-C


class StepRunner(Runner):
    """What a running step works with: its commands, and a word on what it is doing now."""

    def __init__(self, name: str, log: Path, cancelled: threading.Event, progress: SetupProgress) -> None:
        super().__init__(log, cancelled)
        self.name = name
        self.progress = progress

    def now(self, doing: str) -> None:
        self.progress.now(self.name, doing)


@dataclass(frozen=True)
class SetupStep:
    """One part of set-up.

    `done` is a quick look that changes nothing; `run` does the work and returns a note for the table. `lock` is the
    file that keeps other set-ups of this machine out meanwhile. Before any step runs, `obstacle` raises Failed where
    a person has to do something first, and `room` tells the gigabytes that will be written, by the folder's name
    (project, local, cache, docker).
    """

    name: str
    doing: str
    done: Callable[[], bool]
    run: Callable[[StepRunner], str]
    after: tuple[str, ...] = ()
    lock: Path | None = None
    obstacle: Callable[[], object] = lambda: None
    room: Callable[[], Mapping[str, float]] = dict


class SetupInterrupted(Exception):
    """Ctrl-C ended the steps; their children are gone."""


def needed(steps: Sequence[SetupStep], names: Iterable[str]) -> list[SetupStep]:
    """The named steps and everything they come after, in the given order."""
    by_name = {step.name: step for step in steps}
    wanted: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in wanted:
            wanted.add(name)
            pending.extend(by_name[name].after)
    return [step for step in steps if step.name in wanted]


def carry_out(steps: Sequence[SetupStep], logs: Path, progress: SetupProgress) -> list[Timing]:
    """Run what is not done, each step as soon as those before it are through; a thread each, for they mostly wait.

    The first failure ends the others and is raised as Failed; Ctrl-C as Interrupted. Steps that were done already are
    in the timings with the note `done before`.
    """
    return _Round(steps, logs, progress).through()


class _Round:
    def __init__(self, steps: Sequence[SetupStep], logs: Path, progress: SetupProgress) -> None:
        self.steps = steps
        self.logs = logs
        self.progress = progress
        self.cancelled = threading.Event()
        self.finished = {step.name: threading.Event() for step in steps}
        # Not Thread.join: interrupted by Ctrl-C, Python 3.11's takes the thread for ended.
        self.ended = {step.name: threading.Event() for step in steps}
        self.timings: dict[str, Timing] = {}
        self.failures: list[tuple[SetupStep, BaseException]] = []

    def through(self) -> list[Timing]:
        threads = [threading.Thread(target=self._guarded, args=(step,), daemon=True) for step in self.steps]
        try:
            for thread in threads:
                thread.start()
            for ended in self.ended.values():
                ended.wait()
        except KeyboardInterrupt:
            self.cancelled.set()
            deadline = time.monotonic() + END_SECONDS
            for thread, ended in zip(threads, self.ended.values(), strict=True):
                if thread.ident is not None:
                    ended.wait(timeout=max(0.0, deadline - time.monotonic()))
            raise SetupInterrupted from None
        if self.failures:
            step, error = self.failures[0]
            if isinstance(error, SetupFailed):
                raise SetupFailed(f"{step.doing} failed: {error}")
            raise error
        return [self.timings[step.name] for step in self.steps]

    def _guarded(self, step: SetupStep) -> None:
        try:
            if self._wait_for(step.after):
                self.timings[step.name] = self._one(step)
                self.finished[step.name].set()
        except SetupCancelled:
            self.progress.drop(step.name)
        except BaseException as error:  # handed to the main thread, which raises it
            self.progress.drop(step.name)
            self.failures.append((step, error))
            self.cancelled.set()
        finally:
            self.ended[step.name].set()

    def _wait_for(self, names: Iterable[str]) -> bool:
        for name in names:
            while name in self.finished and not self.finished[name].wait(timeout=0.2):
                if self.cancelled.is_set():
                    return False
        return not self.cancelled.is_set()

    def _one(self, step: SetupStep) -> Timing:
        began = time.monotonic()
        if step.done():
            return Timing(step.name, time.monotonic() - began, "done before")
        self.progress.start(step.name, step.doing)
        runner = StepRunner(step.name, self.logs / f"{step.name.replace(' ', '-')}.log", self.cancelled, self.progress)
        if step.lock is None:
            note = step.run(runner)
        else:
            try:
                with held(step.lock, seconds=LOCK_SECONDS, waiting=runner.now, cancelled=self.cancelled.is_set):
                    note = "done by another set-up" if step.done() else step.run(runner)
            except Busy as busy:
                if self.cancelled.is_set():
                    raise SetupCancelled from None
                raise SetupFailed(
                    f"{busy} for longer than {LOCK_SECONDS:.0f} s\n  fix: end it, or wait for it"
                ) from None
        return Timing(step.name, self.progress.finish(step.name, f"{step.name}: {note}"), note)
