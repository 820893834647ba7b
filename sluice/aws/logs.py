"""A task's log, line by line, while it is written.

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
"""A server says soon where it listens."""
PAGES = 5
"""Pages of one read: a log that grows faster than it is read must not keep the reader from the clock."""
EVENTS_BEFORE = 4
"""Events read besides: a line may have begun in them."""
FULL_PAGE = 1000
"""Events of a page after which there is likely to be another one (at most 10,000, or 1 MB)."""


@dataclass
class LogTail:
    """Reads one stream forward and remembers its last lines.

    Attributes:
        count: lines read so far.
        first: the oldest lines, as they were shown; *last*: the newest.
        more: the last read stopped before the end.
    """

    logs: Any
    group: str
    stream: str
    count: int = 0
    more: bool = False
    first: list[str] = field(default_factory=list)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    _token: str = ""
    _lines: LogLines = field(default_factory=LogLines)
    _unread: list[str] = field(default_factory=list)  # survives a page that could not be read

    def read(self, to_the_end: bool = True) -> list[str]:
        """The lines that came since the last read: without control characters, masked, bounded
        (sluice/aws/log_lines.py).

        Pages may be empty or short without being the end; the end is a token that comes back unchanged. A missing group
        or stream reads as "no lines yet": the stream is only created when the container starts.

        Args:
            to_the_end: False while the task runs: one page will do unless it was a full one, the next read goes on.
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
            self._take(self._lines.add(str(event["message"]) for event in page["events"]))
            following = page["nextForwardToken"]
            if following == self._token:
                self.more = False
                if to_the_end:
                    self._take(self._lines.rest())
                break
            self._token = following
            if not to_the_end and len(page["events"]) < FULL_PAGE:
                break
        return self._taken()

    def _take(self, lines: list[str]) -> None:
        self.count = self._lines.count
        self.first.extend(lines[: FIRST_LINES - len(self.first)])
        self.last.extend(lines)
        self._unread.extend(lines)

    def _taken(self) -> list[str]:
        lines, self._unread = self._unread, []
        return lines


def last_lines(logs: Any, group: str, stream: str) -> list[str]:
    """The end of a stream, in one request and as it may be shown; empty when there is no such stream."""
    limit = LAST_LINES + EVENTS_BEFORE
    try:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=limit, startFromHead=False)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    return whole_lines(str(event["message"]) for event in page["events"])[-LAST_LINES:]
