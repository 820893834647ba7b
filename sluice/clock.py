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
    """Time that never jumps, in seconds since the epoch as AWS counts them, and waits that an interruption ends early.

    One clock serves durations and comparisons: it advances monotonically, and its zero is AWS's. So a deployer whose
    own clock is wrong, or is set while it works, judges a task's ``createdAt`` and another deployer's records rightly.
    """

    def now(self) -> float: ...

    def wait(self, seconds: float) -> None:
        """Waits, at most *seconds*; returns early when :meth:`halted` becomes something."""

    def halted(self) -> Halt | None: ...


_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where there is such a clock."""


def steady() -> float:
    """Seconds since some moment; never set, never back."""
    return time.clock_gettime(_STEADY)


_EPOCH = time.time() - steady()


def local_time() -> float:
    """Seconds since the epoch by this machine's clock as it was when the process began."""
    return _EPOCH + steady()


class SystemClock:
    """The real clock.

    Args:
        cancelled: set on Ctrl-C.
        orphaned: true when the engine that asked for the work is gone.
        skew: seconds that this machine's clock is behind AWS's (see sluice.aws.session); must not change while it is
        used.
    """

    def __init__(
        self, cancelled: threading.Event, orphaned: Callable[[], bool] = lambda: False, skew: float = 0.0
    ) -> None:
        self._cancelled = cancelled
        self._orphaned = orphaned
        self._skew = skew

    def now(self) -> float:
        return local_time() + self._skew

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
