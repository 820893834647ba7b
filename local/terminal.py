"""Runs commands on this terminal, without a timeout."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.toolchain.steps import SetupInterrupted


class Terminated(KeyboardInterrupt):
    """SIGTERM, which unlike a terminal's Ctrl-C is sent to this process only."""


def attached(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> int:
    """Run a command on this terminal and return its exit code.

    Ctrl-C goes to the whole foreground group, so the command has it already and ends in its own order: it is awaited
    (a second signal would make Pulumi drop what it is doing). A SIGTERM is passed on as SIGINT. Then Interrupted.
    """
    child = subprocess.Popen([str(word) for word in command], cwd=cwd, env=env)
    interrupted = False
    while True:
        try:
            code = child.wait()
            break
        except Terminated:
            if not interrupted:
                child.send_signal(signal.SIGINT)
            interrupted = True
        except KeyboardInterrupt:
            interrupted = True
    if interrupted:
        raise SetupInterrupted
    return code
