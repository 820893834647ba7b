"""Keeps credentials that a program printed out of our output. The log itself is not changed."""

from __future__ import annotations

import re

_PATTERNS = (
    (
        re.compile(r"(?P<head>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)", re.IGNORECASE),
        r"\g<head>***",
    ),
    (
        re.compile(
            r"(?P<head>\b(?:[a-z_]*password|passwd|pwd|secret|token|api[_-]?key|secret[_-]?access[_-]?key)"
            r"[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+",
            re.IGNORECASE,
        ),
        r"\g<head>***",
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "***"),
)


def redact(line: str) -> str:
    """The line with passwords in URLs, in key=value pairs, and AWS access keys replaced by ``***``."""
    for pattern, replacement in _PATTERNS:
        line = pattern.sub(replacement, line)
    return line
