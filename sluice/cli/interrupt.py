"""Ctrl-C: the first one stops the operation cleanly, the second one ends the command at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType

from sluice.cli.exits import INTERRUPTED


class Interrupt:
    """Set by SIGINT and SIGTERM.

    Attributes:
        heeded: an operation is running that checks it; else the signal ends the command.
        terminated: it was SIGTERM, which unlike a terminal's Ctrl-C is sent to this process only.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self.heeded = False
        self.terminated = False

    def __enter__(self) -> Interrupt:
        self._before = {one: signal.signal(one, self._handle) for one in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *error: object) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self.event.is_set():
            # Not sys.exit: a request that hangs, or a thread, must not delay the exit.
            os.write(2, b"\nended at once: what was started may still run; `sluice status` shows it\n")
            os._exit(INTERRUPTED)
        self.event.set()
        self.terminated = signum == signal.SIGTERM
        if not self.heeded:
            raise KeyboardInterrupt
        os.write(2, b"\nstopping; press Ctrl-C again to end at once\n")


def say_interrupted() -> int:
    print("interrupted: nothing was done", file=sys.stderr)
    return INTERRUPTED
