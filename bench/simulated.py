"""Polling on paper: how many calls a wait makes and how late it sees the end, for the gate and for fixed intervals.

Sources: botocore's ECS waiter TasksStopped (6 s, 100 attempts: it gives up in the tenth minute);
ecs-deploy's `--sleep-time` (1 s; for services: its `run` does not wait for a task at all). Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sluice.migration.step.shard import poll_seconds, read_seconds

WAITER_SECONDS = 6.0
WAITER_ATTEMPTS = 100
ECS_DEPLOY_SECONDS = 1.0
DURATIONS = {"2 s": 2.0, "10 s": 10.0, "10 min": 600.0, "2 h": 7200.0}


@dataclass(frozen=True)
class Watched:
    """DescribeTasks and GetLogEvents of one wait, and the seconds from the task's end to the look that saw it.

    *delay* is None when the tool gave up before the task's end.
    """

    describes: int
    logs: int
    delay: float | None

    @property
    def calls(self) -> int:
        return self.describes + self.logs


def fixed(duration: float, interval: float, attempts: int = 0, again: bool = False) -> Watched:
    """A waiter that looks every *interval* seconds, then the exit code and the log, once each.

    Args:
        attempts: looks before it gives up; 0 for no end.
        again: its script starts the waiter anew whenever it has given up.
    """
    looks = -int(-duration // interval) + 1  # the first at once
    if attempts and looks > attempts and not again:
        return Watched(attempts, 0, None)
    return Watched(looks + 1, 1, (looks - 1) * interval - duration)


def adaptive(
    duration: float,
    poll: Callable[[float], float] = poll_seconds,
    log: Callable[[float], float] = read_seconds,
) -> Watched:
    """The gate's loop for one task: a look each *poll*, a page of the log when it was not read for *log* seconds.

    At the end the log is read until a page repeats its token: two calls.
    """
    now, describes, logs, read = 0.0, 0, 0, float("-inf")
    while True:
        describes += 1
        if now >= duration:
            return Watched(describes, logs + 2, now - duration)
        if now - read >= log(now):
            logs, read = logs + 1, now
        now += poll(now)


def worst_delay(
    duration: float, poll: Callable[[float], float] = poll_seconds, within: float = 0.1, steps: int = 200
) -> float:
    """The longest delay of tasks that take *duration* or up to a tenth longer: one duration alone may be luck."""
    return max(adaptive(duration * (1 + within * one / steps), poll).delay or 0.0 for one in range(steps + 1))


def rows() -> list[list[str]]:
    """The table of the report."""
    table = []
    for name, seconds in DURATIONS.items():
        waiter = fixed(seconds, WAITER_SECONDS, WAITER_ATTEMPTS)
        again = fixed(seconds, WAITER_SECONDS, WAITER_ATTEMPTS, again=True)
        every = fixed(seconds, ECS_DEPLOY_SECONDS)
        ours = adaptive(seconds)
        table.append(
            [
                name,
                f"{ours.calls} ({ours.describes} + {ours.logs})",
                f"{worst_delay(seconds):.1f} s",
                f"{waiter.calls}" if waiter.delay is not None else f"gives up after {waiter.calls}",
                f"{again.calls}",
                f"{WAITER_SECONDS:.1f} s",
                f"{every.calls}",
                f"{ECS_DEPLOY_SECONDS:.1f} s",
            ]
        )
    return table


HEAD = [
    "migration of",
    "Sluice: calls (DescribeTasks + GetLogEvents)",
    "Sluice: latest seen",
    "AWS CLI waiter: calls",
    "the same, begun again when it gives up",
    "AWS CLI waiter: latest seen",
    "every 1 s: calls",
    "every 1 s: latest seen",
]
