"""One shard of a step: where it is in its attempts, and how often to look and to try again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sluice.aws.logs import LogTail
from sluice.aws.observation import Confirmation
from sluice.diagnosis.verdict import Outcome


@dataclass
class Shard:
    """One shard's way through its attempts.

    Attributes:
        changed_at: when its task was last seen in a new state: what is new is looked at more often.
        shown: lines of its task's log that went to the screen.
        refused_at: when a start first failed for a reason that passes by itself; 0: not yet.
        log_failures: reads of its log in a row that failed; log_unreadable: it was given up.
        doubt: an end that does not say how the task ended, until it is believed.
    """

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
    asked_again: float = 0.0
    changed_at: float = 0.0
    shown: int = 0
    last_seen: float = 0.0
    adopted: bool = False
    refused_at: float = 0.0
    log_failures: int = 0
    log_unreadable: bool = False
    doubt: Confirmation = field(default_factory=Confirmation)
    outcome: Outcome | None = None


def poll_seconds(elapsed: float) -> float:
    """Return how long to wait before looking again: often at first, where most migrations end, rarely in a long one.

    From 0.3 s to 20 s, *elapsed* seconds after the task began to run: a migration of ten minutes costs some sixty calls
    of DescribeTasks, fewer than a waiter that asks every six seconds.
    """
    return min(max(0.3, elapsed / 6), 20.0)


def read_seconds(elapsed: float) -> float:
    """Return how long to wait before the log is read again: from 1 s to 30 s; CloudWatch Logs allows 25 reads a
    second."""
    return min(max(1.0, elapsed / 5), 30.0)


def backoff_seconds(starts: int, chance: float) -> float:
    """Pause before a task that could not be started is tried again: up to 2, 4, 8 … 60 seconds.

    Args:
        starts: how often it was tried.
        chance: from 0 to 1; half of the pause is left to it, so that many deployers do not come back at once.
    """
    return float(min(2**starts, 60)) * (0.5 + chance / 2)
