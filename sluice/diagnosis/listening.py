"""Log lines by which a server announces that it accepts connections. Pure.

The lines are those of uvicorn, gunicorn, Flask, Django, Express, Next.js, Puma, Spring Boot, ASP.NET, Go's servers and
structured loggers (JSON, logfmt).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.diagnosis.printed import Printed

_ANNOUNCES = re.compile(
    r"\b(?:listening|listens|serving|serves|accepting connections|running (?:on|at)|started|server (?:is )?running|"
    r"starting (?:\w+ )*server|bound to|ready|available (?:on|at)|startup complete|(?:local|network):)",
    re.IGNORECASE,
)
_PLAINLY = re.compile(
    r"\b(?:listening|serves|accepting connections|server (?:has )?started|server (?:is )?running|"
    r"started \S+ in [\d.]+ seconds|startup complete|ready (?:on|at|in|to))\b",
    re.IGNORECASE,
)
"""Announces a server even where the line names no address."""
_SERVES = re.compile(
    r"\b(?:listening|serving|serves|accepting connections|server (?:has |is )?(?:started|running|listening)|"
    r"started on port|(?:running on|running at|development server at) https?:)",
    re.IGNORECASE,
)
"""Printed by servers only: a Spring program logs "started" even when it serves nothing."""
_OTHER_PORT = re.compile(r"debugger|metrics|prometheus|inspector|\badmin\b|\bwss?://|:5432\b|postgres", re.IGNORECASE)
"""Lines about ports that do not serve the users."""
_HOST = r"(?P<host>localhost|\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]|\*)"
_ENDPOINTS = (
    re.compile(_HOST + r":(?P<port>\d{2,5})\b", re.IGNORECASE),
    re.compile(_HOST + r" port (?P<port>\d{2,5})\b", re.IGNORECASE),
    re.compile(r"(?P<host>)(?<![\w.\"']):(?P<port>\d{2,5})\b(?![:.])"),
    re.compile(r"(?P<host>)\bport(?:\(s\))?[\"']?\s*[=:]?\s*[\"']?(?P<port>\d{2,5})\b", re.IGNORECASE),
)
_FIELD = re.compile(r"\b(?:host|hostname|address|addr|bind)[\"']?\s*[=:]\s*[\"']?" + _HOST, re.IGNORECASE)
_LOOPBACK = re.compile(r"^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$", re.IGNORECASE)


@dataclass(frozen=True)
class Announcement:
    """A server's announcement that it is up.

    Attributes:
        text: the line; of a JSON object its message.
        host: the address in the line; empty when it has none.
        port: the port in the line; None when it has none.
        after: seconds since the task's start; None when unknown.
    """

    text: str
    host: str = ""
    port: int | None = None
    after: float | None = None

    @property
    def loopback(self) -> bool:
        """Return whether the address is reachable from inside the container only."""
        return bool(_LOOPBACK.match(self.host))


def announcements(log_lines: Sequence[Printed], started: float | None) -> list[Announcement]:
    """Return the announcements among log lines, in their order.

    Args:
        started: when the task began to run, seconds since the epoch.
    """
    found = []
    for line in log_lines:
        text = line.text.strip()
        if _OTHER_PORT.search(text) or not _ANNOUNCES.search(text):
            continue
        host, port = _endpoint(text)
        if port is None and not _PLAINLY.search(text):
            continue
        after = max(0.0, line.at - started) if started is not None and line.at else None
        found.append(Announcement(_message(text), host, port, after))
    return found


def served(log_lines: Sequence[str], ports: frozenset[int]) -> Announcement | None:
    """Return the line by which a program that should end announces that it serves.

    It is the first one on one of *ports*, else the first without a port; with empty *ports* (unknown) on any port.
    """
    unnamed = None
    for line in log_lines:
        text = line.strip()
        plainly = bool(_SERVES.search(text))
        if _OTHER_PORT.search(text) or not (plainly or _ANNOUNCES.search(text)):
            continue
        host, port = _endpoint(text)
        if port is None and plainly:
            port = next((one for one in sorted(ports) if re.search(rf"(?<![\w.]){one}(?![\w.])", text)), None)
        found = Announcement(_message(text), host, port)
        if port in ports:
            return found
        if unnamed is None and plainly and (port is None or not ports):
            unnamed = found
    return unnamed


def _message(text: str) -> str:
    """Return the text of a line; of a JSON object its message."""
    if not text.startswith("{"):
        return text
    try:
        document = json.loads(text)
    except ValueError:
        return text
    said = document.get("message") or document.get("msg")
    return said if isinstance(said, str) else text


def _endpoint(text: str) -> tuple[str, int | None]:
    match = next((found for pattern in _ENDPOINTS if (found := pattern.search(text))), None)
    if match is None:
        return "", None
    named = _FIELD.search(text)
    return match["host"] or (named["host"] if named else ""), int(match["port"])
