"""The logs of a step's shards: shown while they are written, complete when a task has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.logs import LogTail
from sluice.aws.session import expired, transient
from sluice.clock import Clock
from sluice.diagnosis.log_place import LogPlace
from sluice.migration.step.shard import Shard

LATE_LINES_SECONDS = 1.5
LATE_READS = 4
"""Lines can arrive after the task has stopped, so a failed task's log is read again after pauses, until it is empty."""
LOG_FAILURES = 6
"""Consecutive reads that may fail for a transient reason at the end of a task."""
SHOWN_LINES = 400
"""Log lines of one task on the screen; a message names the log that has the rest."""


class ShardLogs:
    """Reads the shards' streams and shows their lines.

    Args:
        place: log group and stream of the step's container; None when it cannot be read.
        say: prints a remark about a shard.
        line: prints a line of its log.
    """

    def __init__(
        self,
        logs: Any,
        clock: Clock,
        place: LogPlace | None,
        say: Callable[[str, Shard], None],
        line: Callable[[str, Shard], None],
    ) -> None:
        self._logs = logs
        self._clock = clock
        self._place = place
        self._say = say
        self._line = line

    def read(self, shard: Shard, to_the_end: bool = True) -> None:
        """Print the new lines. An unreadable log is one warning; the task is judged without it."""
        if self._place is None or shard.log_unreadable:
            return
        if shard.tail is None:
            shard.tail = LogTail(self._logs, self._place.group, self._place.stream(shard.task))
        shard.read_at = self._clock.now()
        try:
            log_lines = shard.tail.read(to_the_end)
        except (BotoCoreError, ClientError) as error:
            self._unreadable(shard, self._place.group, error, to_the_end)
            return
        shard.log_failures = 0
        for line in log_lines:
            self._show(shard, line)

    def _unreadable(self, shard: Shard, group: str, error: Exception, at_the_end: bool) -> None:
        """Handle a failed read: retry a transient error, give up when access is denied.

        Expired credentials are reported by the polling of the task.
        """
        shard.log_failures += 1
        if transient(error) and not (at_the_end and shard.log_failures >= LOG_FAILURES):
            return
        shard.log_unreadable = True
        if not expired(error):
            self._say(f"warning: its log in log group {group} cannot be read: {error}", shard)

    def _show(self, shard: Shard, line: str) -> None:
        shard.shown += 1
        if shard.shown <= SHOWN_LINES:
            self._line(line, shard)
        elif shard.shown == SHOWN_LINES + 1 and self._place is not None:
            where = f"log group {self._place.group}, stream {self._place.stream(shard.task)}"
            self._say(f"{SHOWN_LINES} lines were shown; the rest is in {where}", shard)

    def drain(self, shard: Shard) -> None:
        """Read the log to its end; Ctrl-C ends that early."""
        self.read(shard)
        while shard.tail is not None and (shard.tail.more or shard.log_failures) and not self._clock.halted():
            if shard.log_unreadable:
                return
            if shard.log_failures:
                self._clock.wait(LATE_LINES_SECONDS)
            self.read(shard)

    def await_late(self, shards: Sequence[Shard]) -> None:
        """Wait for lines that arrive after these shards' tasks have ended, for all shards at the same time."""
        waited_for = list(shards) if self._place is not None else []
        for _ in range(LATE_READS):
            if not waited_for or self._clock.halted():
                return
            before = {shard.index: _count(shard) for shard in waited_for}
            self._clock.wait(LATE_LINES_SECONDS)
            for shard in waited_for:
                self.drain(shard)
            waited_for = [
                shard for shard in waited_for if not before[shard.index] or _count(shard) != before[shard.index]
            ]


def printed(shard: Shard) -> str:
    """Return the number of lines that its task printed, as text."""
    count = _count(shard)
    return f"it had printed {count} line{'' if count == 1 else 's'}" if count else "it had printed nothing"


def _count(shard: Shard) -> int:
    return shard.tail.count if shard.tail else 0
