"""The Docker command line: run, stream, cancel."""

from __future__ import annotations

import collections
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence

from sluice.protocol.resource import Call, Refused

_TAIL_LINES = 30
_TICK_SECONDS = 5.0
_STOP_SECONDS = 3.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What newer clients say about the classic builder before every build.
_BANNER = re.compile(
    r"DEPRECATED: The legacy builder|\s*(Install the buildx component|BuildKit is currently disabled"
    r"|environment-variable\.$|https://docs\.docker\.com/go/buildx)"
)


def run(
    call: Call, words: Sequence[str], what: str, deadline: float, environment: Mapping[str, str] | None = None
) -> list[str]:
    """Run ``docker`` with *words*, its lines in the resource's status column, and returns them.

    Args:
        what: for people, what is being done.
        deadline: seconds until it is ended.
        environment: variables to add to the process's own. Secrets go here, never into *words*.

    Raises:
        Refused: there is no Docker, it failed (with its last lines), took too long, or the user pressed Ctrl-C.
    """
    try:
        process = subprocess.Popen(
            ["docker", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", env={**os.environ, **(environment or {})}, start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise Refused(f"{what}: there is no `docker` command on PATH") from error
    lines: list[str] = []
    last: collections.deque[str] = collections.deque(maxlen=_TAIL_LINES)
    reader = threading.Thread(target=_read, args=(process, call, lines, last), daemon=True)
    reader.start()
    started = time.monotonic()
    reported = started
    while True:
        reader.join(0.2)
        now = time.monotonic()
        if not reader.is_alive() and process.poll() is not None:
            break
        if call.cancelled.is_set():
            _end(process)
            raise Refused(f"{what}: cancelled")
        if now - started > deadline:
            _end(process)
            raise Refused(f"{what} did not end within {deadline:.0f} s. Last lines:\n" + "\n".join(last))
        if now - reported > _TICK_SECONDS:
            reported = now
            call.log(f"{what}: {now - started:.0f} s, {last[-1] if last else 'no output yet'}", ephemeral=True)
    if process.returncode != 0:
        raise Refused(f"{what} failed with exit code {process.returncode}. Last lines:\n" + "\n".join(last))
    return lines


def _read(process: subprocess.Popen[str], call: Call, lines: list[str], last: collections.deque[str]) -> None:
    for raw in process.stdout or ():
        line = _COLOURS.sub("", raw).rstrip()
        if line and not _BANNER.match(line):
            lines.append(line)
            last.append(line)
            call.log(line, ephemeral=True)


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the client and what it started; the daemon stops a build whose client is gone."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signum)
            process.wait(_STOP_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return
