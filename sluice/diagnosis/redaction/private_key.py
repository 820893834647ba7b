"""Finds PEM private keys, on one line or many. Pure. Source: RFC 7468; RFC 1421 (Proc-Type, DEK-Info)."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_PEM = 120
"""Lines of a private key: a key of 8,192 bits has about a hundred."""

_PEM = re.compile(r"-----begin [a-z0-9 ]{0,40}private key(?: block)?-----")
_PEM_END = re.compile(r"-----end [a-z0-9 ]{0,40}private key(?: block)?-----")
_PEM_BASE64 = re.compile(r"[a-z0-9+/=]{16}")
_PEM_LINE = re.compile(r"(?:^|[\s\"'|])[A-Za-z0-9+/]{40}")
_PEM_SHORT_LINE = re.compile(r"[a-z0-9+/]{1,76}={0,2}|(?:proc-type|dek-info):.*")


def private_keys(lower: str) -> Iterator[tuple[int, int]]:
    """Yield a span for every line of a private key: up to its end marker, else while lines look like a key's.

    Args:
        lower: a text in lower case.
    """
    at = 0
    while begin := _PEM.search(lower, at):
        at = begin.end()
        for number in range(LONGEST_PEM):
            found = lower.find("\n", at)
            line = found if found >= 0 else len(lower)
            last = _PEM_END.search(lower, at, line)
            end = min(line, last.start()) if last else line
            if _PEM_BASE64.search(lower, at, end) if number == 0 else key_line(lower[at:end]):
                yield at, end
            at = min(line + 1, len(lower))
            if found < 0 or last:
                break


def key_line(line: str) -> bool:
    """Return whether a line may belong to a private key."""
    return bool(_PEM_LINE.search(line) or _PEM_SHORT_LINE.fullmatch(line.strip().lower()))


def lines_in_key(text: str) -> int:
    """Return the number of lines of an incomplete private key at the end of the text; 0 without one."""
    lower = text.lower()
    begin = lower.rfind("-----begin ")
    if begin < 0 or not _PEM.match(lower, begin) or _PEM_END.search(lower, begin):
        return 0
    return lower.count("\n", begin) + 1
