"""One shard of a step: where it is in its attempts, and how often to look and to try again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gate.logs import LogTail
from gate.verdict import Outcome


@dataclass
class Shard:
    """One shard's way through its attempts."""

    index: int
    attempt: int = 0
    starts: int = 0
    task: str = ""
    seen: dict[str, Any] = field(default_factory=dict)
    tail: LogTail | None = None
    read_at: float = 0.0
    asked_at: float = 0.0
    not_before: float = 0.0
    stopping: str = ""
    stop_asked: float = 0.0
    last_seen: float = 0.0
    adopted: bool = False
    outcome: Outcome | None = None


def poll_seconds(elapsed: float) -> float:
    """How long to wait before looking again: often at first, where most migrations end, rarely in a long one."""
    return min(max(0.3, elapsed / 20), 5.0)


def backoff_seconds(starts: int) -> float:
    """Pause before a task that could not be started is tried again: 2, 4, 8 … at most 60 seconds."""
    return float(min(2**starts, 60))
