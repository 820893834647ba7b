"""Frames of Docker's log stream put together to log events."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from typing import Any


class LogEvents:
    """The log events of one stream: one a line, each with its time in milliseconds since the epoch."""

    def __init__(self) -> None:
        self._text = ""
        self._time = 0

    def add(self, frame: bytes) -> list[dict[str, Any]]:
        """Take one frame. Returns the events that are complete."""
        events = []
        for piece in frame.decode("utf-8", errors="replace").splitlines(keepends=True):
            stamp, _, text = piece.partition(" ")
            when = milliseconds(stamp)
            if when is None:
                text = piece
            if not self._text:
                self._time = when if when is not None else int(time.time() * 1000)
            self._text += text
            if self._text.endswith("\n"):
                events += self.rest()
        return events

    def rest(self) -> list[dict[str, Any]]:
        """The last line, when the container ended without a line break."""
        text, self._text = self._text.rstrip("\r\n"), ""
        # PutLogEvents refuses empty messages (API reference, InputLogEvent: at least one character).
        return [{"timestamp": self._time, "message": text}] if text else []


class SeenFrames:
    """Which frames were taken already, so that the end of a log can be read twice and every frame counts once.

    Frames of the two streams may overtake each other, so a second reading begins a little before the last frame.
    """

    _OVERLAP_SECONDS = 2

    def __init__(self) -> None:
        self._taken: dict[int, Counter[tuple[int, bytes]]] = {}
        self._again: Counter[tuple[int, bytes]] = Counter()

    def since(self) -> int:
        """Begin another reading. Returns the second of the epoch it has to begin at; 0 is the log's beginning."""
        self._again = sum(self._taken.values(), Counter())
        return max(self._taken, default=self._OVERLAP_SECONDS) - self._OVERLAP_SECONDS

    def new(self, stream: int, frame: bytes) -> bool:
        """Whether this frame was not in an earlier reading."""
        if self._again[stream, frame] > 0:
            self._again[stream, frame] -= 1
            return False
        second = (milliseconds(frame.partition(b" ")[0].decode()) or 0) // 1000
        self._taken.setdefault(second, Counter())[stream, frame] += 1
        for old in [one for one in self._taken if one < max(self._taken) - self._OVERLAP_SECONDS]:
            del self._taken[old]
        return True


def milliseconds(stamp: str) -> int | None:
    """Docker's RFC 3339 time with nanoseconds as milliseconds since the epoch; None when it is no time."""
    head, _, fraction = stamp.rstrip("Z").partition(".")
    try:
        whole = datetime.fromisoformat(head + "+00:00").timestamp()
        return int(whole) * 1000 + int((fraction + "000")[:3])
    except ValueError:
        return None
