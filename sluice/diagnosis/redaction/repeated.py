"""Folds a repeated line into one line with its count. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_VARYING = re.compile(
    r"\d{4}-\d\d-\d\d[T ]?|\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d\d/\w{3}/\d{4}:?|"  # a moment
    r"\b\d+\.\d+\.\d+\.\d+(?::\d+)?\b|"  # an address
    r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b(?=\w*\d)[0-9a-fA-F]{12,}\b|"  # a request's id
    r"\b\d{9,}(?:\.\d+)?\b|\b\d+(?:\.\d+)? ?(?:ms|us|µs|ns|s)\b|"  # a moment in seconds, a duration
    # the same where a structured log names them: `"request_id": "aX9"`, `elapsed=0.7`
    r"(?i:(?<![a-z])(?:request|req|trace|span|correlation|transaction|invocation)[-_.]?id[\"']?\s?[:=]\s?"
    r"(?:\"[^\"\s]*\"|'[^'\s]*'|[^\s\"',;}\])]+))|"
    r"(?i:(?<![a-z])(?:m|u|n|milli|micro|nano)?(?:s|sec|secs|seconds|duration|elapsed|latency|took|"
    r"(?:request|response|processing|upstream|total|run)[-_.]?time)(?:[-_.]?(?:[mun]?s|sec|seconds|millis))?"
    r"[\"']?\s?[:=]\s?[\"']?\d+(?:\.\d+)?(?:e-?\d+)?)"
)
_SHORT = 3
"""Lines with fewer letters and digits (a bracket, a row of marks) are part of their neighbours and are not folded."""


def fold(log_lines: Sequence[str], unlike: re.Pattern[str] = _VARYING) -> list[str]:
    """Return each line once, at its first place, in its latest form, with its count: ``text (× 30)``.

    Args:
        log_lines: in their order.
        unlike: what may differ between repetitions of a line: times, addresses, ids and durations.
    """
    newest: dict[str, str] = {}
    counts: dict[str, int] = {}
    for number, line in enumerate(log_lines):
        key = unlike.sub("", line).rstrip()
        if sum(letter.isalnum() for letter in key) < _SHORT:
            key = f"{key}\n{number}"
        newest[key] = line
        counts[key] = counts.get(key, 0) + 1
    return [line + (f" (× {counts[key]})" if counts[key] > 1 else "") for key, line in newest.items()]
