"""Decides which progress lines are sent to the engine.

On a terminal they update a resource's status column once a second. In a file or a CI log each is a line of its own: 124
lines for a deploy of two minutes. There a line is sent when its text has changed, numbers aside, and every 30 seconds.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from sluice.clock import steady

QUIET_SECONDS = 30.0
_NUMBERS = re.compile(r"\d+(?: (?:ms|s|min|h)\b)?")


class Progress:
    """The progress lines of one plugin process.

    Args:
        terminal: the engine prints to a terminal.
        now: returns monotonic seconds.
    """

    def __init__(self, terminal: bool, now: Callable[[], float] = steady) -> None:
        self._terminal = terminal
        self._now = now
        self._last: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def due(self, urn: str, text: str) -> bool:
        """Return whether this progress line of the resource *urn* is sent."""
        if self._terminal:
            return True
        said = _NUMBERS.sub("#", text)
        with self._lock:
            before, at = self._last.get(urn, ("", -QUIET_SECONDS))
            if said == before and self._now() - at < QUIET_SECONDS:
                return False
            self._last[urn] = (said, self._now())
            return True


def on_terminal(engine: int, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the process *engine* prints to a terminal.

    Where the system does not show it, the answer is no only in a CI system (all of them set CI).
    """
    try:
        target = str(Path(f"/proc/{engine}/fd/1").readlink())
    except OSError:
        return not environment.get("CI")
    return target.startswith(("/dev/pts/", "/dev/tty"))
