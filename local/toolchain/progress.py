"""What set-up says while it works: one line per event, never ten seconds of silence, and a table at the end."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

SILENCE = 10.0  # seconds after which a running part is mentioned again


@dataclass(frozen=True)
class Timing:
    """One line of the table: a part, its seconds, and what is worth knowing about it."""

    part: str
    seconds: float
    note: str = ""


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def table(timings: Sequence[Timing]) -> str:
    """The timings in aligned columns."""
    width = max((len(timing.part) for timing in timings), default=0)
    spans = [duration(timing.seconds) for timing in timings]
    span_width = max((len(span) for span in spans), default=0)
    rows = (
        f"  {timing.part:<{width}}  {span:>{span_width}}  {timing.note}".rstrip()
        for timing, span in zip(timings, spans, strict=True)
    )
    return "\n".join(rows)


class SetupProgress:
    """Prints the start, the life signs and the end of parts that may run side by side."""

    def __init__(self, out: TextIO = sys.stdout, silence: float = SILENCE) -> None:
        self.out = out
        self.silence = silence
        self.began = time.monotonic()
        self._running: dict[str, tuple[str, float]] = {}
        self._said = time.monotonic()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()

    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self.began

    def say(self, line: str) -> None:
        with self._lock:
            self._print(line)

    def start(self, name: str, doing: str) -> None:
        """`doing` is a present participle: `building the Pulumi CLI`."""
        with self._lock:
            self._running[name] = (doing, time.monotonic())
            self._print(f"· {doing}")

    def now(self, name: str, doing: str) -> None:
        """A running part went on to another thing; its clock goes on."""
        with self._lock:
            _, since = self._running[name]
            self._running[name] = (doing, since)
            self._print(f"· {doing}")

    def finish(self, name: str, line: str) -> float:
        """Print the end of a part and return its seconds."""
        with self._lock:
            _, since = self._running.pop(name)
            seconds = time.monotonic() - since
            self._print(f"✓ {line} ({duration(seconds)})")
            return seconds

    def drop(self, name: str) -> None:
        """A part that failed or was ended: no life signs any more."""
        with self._lock:
            self._running.pop(name, None)

    def close(self) -> None:
        self._closed.set()
        self._ticker.join()

    def _tick(self) -> None:
        while not self._closed.wait(0.25):
            with self._lock:
                now = time.monotonic()
                if self._running and now - self._said >= self.silence:
                    for doing, since in self._running.values():
                        self._print(f"… {doing}: {duration(now - since)}")

    def _print(self, line: str) -> None:
        print(line, file=self.out, flush=True)
        self._said = time.monotonic()
