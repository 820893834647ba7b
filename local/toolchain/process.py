"""Run a command of set-up: output to a log file, a deadline, an end by Ctrl-C, and a failure that explains itself."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL = 15  # lines of a failed command's output that are shown
GRACE = 5.0  # seconds between SIGTERM and SIGKILL
ROOM_REMEDY = "make room (`df -h` and `docker system df` show where it went), then run the same command again"


FULL = (errno.ENOSPC, errno.EDQUOT)


class SetupFailed(Exception):
    """A step of set-up failed. The text is for people: what failed, how it ended, what to do."""


class SetupCancelled(Exception):
    """Ctrl-C, or another step failed: this one was ended."""


class Runner:
    """Runs the commands of one step; all of them append to one log file.

    Each command leads a process group of its own, so ending it ends its children and nothing that we did not start.
    """

    def __init__(self, log: Path, cancelled: threading.Event) -> None:
        self.log = log
        self.cancelled = cancelled
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")

    def run(
        self,
        command: Sequence[str | Path],
        *,
        seconds: float,
        remedy: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input: Path | None = None,
    ) -> str:
        """Run to the end and return what the command wrote.

        Raises SetupFailed on another exit code than 0 or when `seconds` have passed, SetupCancelled when set-up is
        ended.
        """
        arguments = [str(word) for word in command]
        with self.log.open("ab") as log:
            log.write(f"$ {shlex.join(arguments)}\n".encode())
            log.flush()
            start = log.tell()
            with open(input or os.devnull, "rb") as source:
                code = self._wait(arguments, source.fileno(), log.fileno(), seconds, cwd, env)
        with self.log.open("rb") as log:
            log.seek(start)
            output = log.read().decode(errors="replace")
        if code is None:
            raise self.failure(f"`{summary(arguments)}` did not end within {seconds:.0f} s", output, remedy)
        if code != 0:
            raise self.failure(f"`{summary(arguments)}` ended with exit code {code}", output, remedy)
        return output

    def failure(self, what: str, output: str, remedy: str) -> SetupFailed:
        """The failure of a command, with the end of its output, the log's path and the remedy."""
        last_lines = [line for line in output.splitlines() if line.strip()][-TAIL:]
        shown = "".join(f"\n    {line}" for line in last_lines)
        return SetupFailed(f"{what}{shown}\n  log: {self.log}\n  fix: {remedy_for(output, remedy)}")

    def _wait(
        self,
        arguments: list[str],
        source: int,
        log: int,
        seconds: float,
        cwd: Path | None,
        env: Mapping[str, str] | None,
    ) -> int | None:
        if self.cancelled.is_set():
            raise SetupCancelled
        try:
            child = subprocess.Popen(
                arguments, stdin=source, stdout=log, stderr=log, cwd=cwd, env=env, start_new_session=True
            )
        except FileNotFoundError:
            raise SetupFailed(f"`{arguments[0]}` is not on this machine\n  fix: install it, then try again") from None
        deadline = time.monotonic() + seconds
        try:
            while True:
                try:
                    return child.wait(timeout=0.1)
                except subprocess.TimeoutExpired:
                    if self.cancelled.is_set():
                        raise SetupCancelled from None
                    if time.monotonic() > deadline:
                        return None
        finally:
            end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child that we started, and its group: politely, then for certain. Nothing happens when it has ended."""
    if child.poll() is not None:
        return
    os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(timeout=GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(timeout=GRACE)


def ask(command: Sequence[str | Path], seconds: float = 20.0) -> str | None:
    """Return what a short command prints, or None when it is missing, fails, or takes longer than `seconds`."""
    try:
        answer = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.decode(errors="replace").strip()


def remedy_for(output: str, remedy: str) -> str:
    """Return what to do about a command that failed with this output: its own words are better than our guess."""
    lower = output.lower()
    if "no space left on device" in lower or "disk quota exceeded" in lower:
        return ROOM_REMEDY
    return remedy


def said(error: OSError) -> str | None:
    """A disk's or a folder's refusal in words for people; None: another error, which nobody expects."""
    where = f" for {error.filename}" if error.filename else ""
    if error.errno in FULL:
        return f"no space is left on the disk{where}\n  fix: {ROOM_REMEDY}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{error.filename or 'a file'} cannot be used: {error.strerror}"
            "\n  fix: make it readable and writable for this user, then run the same command again"
        )
    return None


def summary(arguments: Sequence[str]) -> str:
    """A command in at most 100 characters."""
    line = shlex.join(arguments)
    return line if len(line) <= 100 else line[:97] + "..."
