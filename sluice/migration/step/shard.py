"""One shard of a step: the state of its attempts, and the intervals of polling and retries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sluice.aws.logs import LogTail
from sluice.aws.observation import Confirmation
from sluice.diagnosis.verdict import Outcome


@dataclass
class Shard:
    """The state of one shard.

    Attributes:
        changed_at: when its task was last seen in a new state, after which it is polled more often.
        shown: number of its log lines on the screen.
        refused_at: when a start first failed for a transient reason; 0: not yet.
        log_failures: consecutive failed reads of its log.
        log_unreadable: reading its log was given up.
        doubt: an incomplete description of a stopped task, until it is confirmed.
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
    """Return the seconds between two polls, from 0.3 to 20: short at first, when most migrations end, then longer.

    A migration of ten minutes costs about sixty calls of DescribeTasks, fewer than a waiter that polls every six
    seconds.

    Args:
        elapsed: seconds since the task began to run.
    """
    return min(max(0.3, elapsed / 6), 20.0)


def read_seconds(elapsed: float) -> float:
    """Return the seconds between two reads of the log, from 1 to 30; CloudWatch Logs allows 25 reads per second."""
    return min(max(1.0, elapsed / 5), 30.0)


def backoff_seconds(starts: int, chance: float) -> float:
    """Return the pause before the next start of a task: up to 2, 4, 8 … 60 seconds.

    Args:
        starts: number of starts so far.
        chance: from 0 to 1; it varies half of the pause, so that many deployers do not retry at the same time.
    """
    return float(min(2**starts, 60)) * (0.5 + chance / 2)
