"""Starts a deployer's process behind a liar of its own, and sees to its end."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos import allowances
from tests.chaos.engine import Verdict
from tests.chaos.faults import Plan
from tests.chaos.proxy import Liar, Met
from tests.chaos.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 300.0
"""A deployer that is not at its end by then hangs: more than all of its own deadlines together."""
STOP_SECONDS = 5.0
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Ended:
    """How a deployer ended.

    Attributes:
        code: its exit code; negative: the signal that killed it.
        began, ended: monotonic seconds.
        journal: its calls.
        interrupted, killed: it was sent SIGINT, SIGKILL.
        hung: it was killed because it was not at its end in time.
    """

    code: int
    output: str
    began: float
    ended: float
    journal: tuple[Met, ...]
    interrupted: bool = False
    killed: bool = False
    hung: bool = False

    @property
    def verdict(self) -> Verdict:
        if self.code == -signal.SIGINT and self.interrupted:
            return Verdict.INTERRUPTED  # before it had read its job
        try:
            return Verdict(self.code)
        except ValueError:
            return Verdict.DEFECT

    @property
    def text(self) -> str:
        """The explanation: from the line that begins with the verdict."""
        _, found, text = self.output.rpartition(f"{self.verdict.name}: ")
        return text if found else ""


class Deployer:
    """One deployer's process. Its calls go through :attr:`liar`; everything else of the test does not."""

    def __init__(self, stack: Stack, job: dict[str, Any], plan: Plan, faketime: str = "") -> None:
        self.liar = Liar(stack.cloud.cloud.endpoint, plan, secret=stack.cloud.cloud.secret())
        self._file = stack.state.with_name(f"{stack.name}-job-{next(_NUMBERS)}.json")
        self._job = job | {"endpoint": self.liar.endpoint}
        self._account, self._secret = stack.cloud.cloud.account, stack.cloud.cloud.secret()
        self._prefix = ["faketime", "-f", faketime] if faketime else []
        self._interrupted = self._killed = False
        self.process: subprocess.Popen[str] | None = None
        self.began = 0.0

    def start(self) -> None:
        self._file.write_text(json.dumps(self._job | {"now": time.time()}))
        env = os.environ | {
            "AWS_ACCESS_KEY_ID": self._account,
            "AWS_SECRET_ACCESS_KEY": self._secret,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": os.pathsep.join([os.environ.get(allowances.GATE_VARIABLE, str(ROOT)), str(ROOT)]),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        env.pop("AWS_PROFILE", None)
        words = [*self._prefix, sys.executable, "-P", "-m", "tests.chaos.engine", str(self._file)]
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def signal(self, number: int) -> None:
        """Sends it a signal; nothing when it has ended."""
        if self.process is not None and self.process.poll() is None:
            self._interrupted = self._interrupted or number == signal.SIGINT
            self._killed = self._killed or number == signal.SIGKILL
            self.process.send_signal(number)
            if number == signal.SIGSTOP:
                self._await_stop(self.process.pid)

    def _await_stop(self, pid: int) -> None:
        """Until every thread of it stands: a signal arrives a moment after it is sent."""
        end = time.monotonic() + STOP_SECONDS
        while not self.ended and time.monotonic() < end:
            states = [
                file.read_text().rpartition(")")[2].split()[0] for file in Path(f"/proc/{pid}/task").glob("*/stat")
            ]
            if set(states) <= {"T", "t", "Z", "X"}:
                return
            time.sleep(0.002)

    @property
    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def run(self, kill: float = 0.0, interrupt: float = 0.0) -> Ended:
        """From its start to its end, killed or interrupted after so many seconds; 0: not at all."""
        self.start()
        timers = [
            threading.Timer(seconds, self.signal, (number,))
            for seconds, number in ((kill, signal.SIGKILL), (interrupt, signal.SIGINT))
            if seconds
        ]
        for timer in timers:
            timer.start()
        try:
            return self.finish()
        finally:
            for timer in timers:
                timer.cancel()

    def finish(self, seconds: float = DEADLINE_SECONDS) -> Ended:
        """Its end, at the latest after *seconds*."""
        process = self.process
        assert process is not None, "it was not started"
        hung = False
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            hung = True
            process.kill()
            output, _ = process.communicate(timeout=10)
        ended = time.monotonic()
        self.liar.end()
        return Ended(
            process.returncode,
            output,
            self.began,
            ended,
            tuple(self.liar.journal),
            self._interrupted,
            self._killed,
            hung,
        )
