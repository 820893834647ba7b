"""Keeps credentials that a program printed out of our output. The log itself is not changed."""

from __future__ import annotations

import re

_PATTERNS = (
    # A password in a URL, also one with an @ of its own: up to the last @ before the host.
    (
        re.compile(r"(?P<head>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/]+(?=@)", re.IGNORECASE),
        r"\g<head>***",
    ),
    (
        re.compile(r"(?P<head>\bauthorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic)\s+)\S+", re.IGNORECASE),
        r"\g<head>***",
    ),
    # name=value and "name": "value"; a quoted value to its closing quote.
    (
        re.compile(
            r"(?P<head>\b(?:[a-z_]*password|passwd|pwd|secret|[a-z_]*token|api[_-]?key|secret[_-]?access[_-]?key)"
            r"[\"']?\s*[=:]\s*[\"']?)(?:(?<=\")[^\"]*|(?<=')[^']*|[^\s\"',;&]+)",
            re.IGNORECASE,
        ),
        r"\g<head>***",
    ),
    (re.compile(r"(?P<head>--(?:[a-z-]*password|token|secret)\s+)[^\s-]\S*", re.IGNORECASE), r"\g<head>***"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "***"),
)


def redact(line: str) -> str:
    """The line with passwords in URLs, options and key=value pairs, tokens and AWS access keys replaced by ``***``."""
    for pattern, replacement in _PATTERNS:
        line = pattern.sub(replacement, line)
    return line
