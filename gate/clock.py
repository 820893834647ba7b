"""Time and interruption, passed in so that decisions can be tested without waiting."""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Halt(enum.Enum):
    """Why work must end before its time.

    STOP: the user pressed Ctrl-C; stop what was started.
    ABANDON: the deployer is dying; start nothing more and leave what runs to be adopted.
    """

    STOP = "stop"
    ABANDON = "abandon"


class Clock(Protocol):
    """Wall-clock time in seconds since the epoch, and waits that an interruption ends early."""

    def now(self) -> float: ...

    def wait(self, seconds: float) -> None:
        """Waits, at most *seconds*; returns early when :meth:`halted` becomes something."""

    def halted(self) -> Halt | None: ...


class SystemClock:
    """The real clock.

    Args:
        cancelled: set on Ctrl-C.
        orphaned: true when the engine that asked for the work is gone.
    """

    def __init__(self, cancelled: threading.Event, orphaned: Callable[[], bool] = lambda: False) -> None:
        self._cancelled = cancelled
        self._orphaned = orphaned

    def now(self) -> float:
        return time.time()

    def wait(self, seconds: float) -> None:
        if self._cancelled.is_set():
            # Already interrupted: a caller that goes on (awaiting a stop) still has to poll at a human pace.
            time.sleep(min(seconds, 0.2))
        else:
            self._cancelled.wait(seconds)

    def halted(self) -> Halt | None:
        if self._orphaned():
            return Halt.ABANDON
        return Halt.STOP if self._cancelled.is_set() else None
