"""Reads a task's log line by line while it is written.

IAM: logs:GetLogEvents on the migration's log group. Sources: CloudWatch Logs GetLogEvents; ECS awslogs driver (a stream
is named PREFIX/CONTAINER/TASK-ID and created when the container starts).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.log_lines import LogLines, whole_lines

LAST_LINES = 30
FIRST_LINES = 50
"""A server prints early where it listens."""
PAGES = 5
"""Pages of one read: a log that grows faster than it is read must not delay the caller's timeouts."""
EVENTS_BEFORE = 4
"""Extra events before the wanted ones: a line may begin in them."""
FULL_PAGE = 1000
"""Events of a page after which another page is likely (a page has at most 10,000 events, or 1 MB)."""


@dataclass
class LogTail:
    """Reads one stream forward and keeps its first and last lines.

    Attributes:
        count: number of lines read so far.
        more: the last read stopped before the end.
        first: the oldest lines, presentable.
        last: the newest lines, presentable.
    """

    logs: Any
    group: str
    stream: str
    count: int = 0
    more: bool = False
    first: list[str] = field(default_factory=list)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    _token: str = ""
    _reader: LogLines = field(default_factory=LogLines)
    _unread: list[str] = field(default_factory=list)  # survives a page that could not be read

    def read(self, to_the_end: bool = True) -> list[str]:
        """Return the lines since the last read, presentable (sluice/aws/log_lines.py).

        A page can be empty or short before the end; the end is an unchanged token. A missing group or stream means "no
        lines yet", because the stream is created when the container starts.

        Args:
            to_the_end: False while the task runs: read one page, or more while pages are full.
        """
        self.more = True
        for _ in range(PAGES):
            request: dict[str, Any] = {
                "logGroupName": self.group,
                "logStreamName": self.stream,
                "startFromHead": True,
            }
            if self._token:
                request["nextToken"] = self._token
            try:
                page = self.logs.get_log_events(**request)
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    self.more = False
                    break
                raise
            self._take(self._reader.add(str(event["message"]) for event in page["events"]))
            following = page["nextForwardToken"]
            if following == self._token:
                self.more = False
                if to_the_end:
                    self._take(self._reader.rest())
                break
            self._token = following
            if not to_the_end and len(page["events"]) < FULL_PAGE:
                break
        return self._taken()

    def _take(self, log_lines: list[str]) -> None:
        self.count = self._reader.count
        self.first.extend(log_lines[: FIRST_LINES - len(self.first)])
        self.last.extend(log_lines)
        self._unread.extend(log_lines)

    def _taken(self) -> list[str]:
        log_lines, self._unread = self._unread, []
        return log_lines


def last_lines(logs: Any, group: str, stream: str) -> list[str]:
    """Return the last lines of a stream, presentable, by one request; empty without the stream."""
    limit = LAST_LINES + EVENTS_BEFORE
    try:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=limit, startFromHead=False)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    return whole_lines(str(event["message"]) for event in page["events"])[-LAST_LINES:]
