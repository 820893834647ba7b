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
"""Lines may arrive after the task has stopped; a failure's last lines are worth these pauses: until a read is empty."""
LOG_FAILURES = 6
"""Reads in a row that may fail at the end of a task for what passes by itself."""
SHOWN_LINES = 400
"""Lines of one task's log on the screen; the rest stays in the log, which the message names."""


class ShardLogs:
    """Reads the shards' streams and shows their lines.

    Args:
        place: where the step's container logs; None when that cannot be followed.
        say: prints a remark about a shard; `line` a line of its log.
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
        """Show what is new. A log that cannot be read is a warning, once: it is no reason not to judge the task."""
        if self._place is None or shard.log_unreadable:
            return
        if shard.tail is None:
            shard.tail = LogTail(self._logs, self._place.group, self._place.stream(shard.task))
        shard.read_at = self._clock.now()
        try:
            lines = shard.tail.read(to_the_end)
        except (BotoCoreError, ClientError) as error:
            self._unreadable(shard, error, to_the_end)
            return
        shard.log_failures = 0
        for line in lines:
            self._show(shard, line)

    def _unreadable(self, shard: Shard, error: Exception, at_the_end: bool) -> None:
        """After a passing trouble the next read goes on where this one ended; at the end there are not many more of
        them. Denied: given up. Expired credentials are for the watch of the task to say."""
        shard.log_failures += 1
        if transient(error) and not (at_the_end and shard.log_failures >= LOG_FAILURES):
            return
        shard.log_unreadable = True
        if not expired(error):
            where = f"log group {self._place.group}" if self._place else "its log"
            self._say(f"warning: its log cannot be read, and is in {where}: {error}", shard)

    def _show(self, shard: Shard, line: str) -> None:
        shard.shown += 1
        if shard.shown <= SHOWN_LINES:
            self._line(line, shard)
        elif shard.shown == SHOWN_LINES + 1 and self._place is not None:
            where = f"log group {self._place.group}, stream {self._place.stream(shard.task)}"
            self._say(f"{SHOWN_LINES} lines were shown; the rest is in {where}", shard)

    def drain(self, shard: Shard) -> None:
        """Read the log to its end; a Ctrl-C ends that early, the full log stays where it is."""
        self.read(shard)
        while shard.tail is not None and (shard.tail.more or shard.log_failures) and not self._clock.halted():
            if shard.log_unreadable:
                return
            if shard.log_failures:
                self._clock.wait(LATE_LINES_SECONDS)
            self.read(shard)

    def await_late(self, shards: Sequence[Shard]) -> None:
        """Wait for lines that arrive after the ends of these shards' tasks: for all of them together, so that many
        shards wait no longer than one."""
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
    """Return how much its task has printed, in words."""
    count = _count(shard)
    return f"it had printed {count} line{'' if count == 1 else 's'}" if count else "it had printed nothing"


def _count(shard: Shard) -> int:
    return shard.tail.count if shard.tail else 0
