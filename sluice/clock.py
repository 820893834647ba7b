"""Time and interruption. They are passed in, so that decisions can be tested without waiting."""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Halt(enum.Enum):
    """Why an operation must end early.

    Attributes:
        STOP: the user pressed Ctrl-C; stop what was started.
        ABANDON: the deployer is dying; start nothing more and leave running tasks for the next run to adopt.
    """

    STOP = "stop"
    ABANDON = "abandon"


class Clock(Protocol):
    """AWS's time in seconds since the epoch, which never jumps, and waits that an interruption ends early.

    The clock is monotonic and aligned with AWS's. A deployer whose own clock is wrong, or is set while it runs, still
    compares a task's ``createdAt`` and another deployer's records correctly.
    """

    def now(self) -> float: ...

    def wait(self, seconds: float) -> None:
        """Wait at most *seconds*; return early once :meth:`halted` returns a reason."""

    def halted(self) -> Halt | None: ...


_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that also counts while the machine is suspended, where the system has one."""


def steady() -> float:
    """Return seconds since an arbitrary moment; never set and never running backwards."""
    return time.clock_gettime(_STEADY)


_EPOCH = time.time() - steady()


def local_time() -> float:
    """Return seconds since the epoch, by this machine's clock as it was when the process began."""
    return _EPOCH + steady()


class SystemClock:
    """The real clock.

    Args:
        cancelled: set on Ctrl-C.
        orphaned: true when the Pulumi engine that called this process is gone.
        skew: seconds that this machine's clock is behind AWS's (see sluice.aws.session); constant while in use.
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
            # Already interrupted: a caller that still waits, such as for a stop, must not poll in a busy loop.
            time.sleep(min(seconds, 0.2))
        else:
            self._cancelled.wait(seconds)

    def halted(self) -> Halt | None:
        if self._orphaned():
            return Halt.ABANDON
        return Halt.STOP if self._cancelled.is_set() else None
