"""Finds the cause of a failure in a migration's last log lines: exit code 1 alone explains nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sluice.diagnosis.signature_table import LOCK, SIGNATURES, LogSignature

__all__ = ["LOCK", "SIGNATURES", "LogSignature", "SignatureMatch", "recognise"]

LONGEST_LINE = 4_000
"""Characters of a line that are searched, half of them at its end."""
LONGEST_LOG = 64_000
"""Characters of a log that are searched, from its end: more than the gate keeps."""
SHORTEST_LINE = 40
"""Characters that a line counts for at least."""

_HARMLESS = re.compile(r"\b(?:NOTICE|DEBUG|INFO)\b|, skipping\b")
"""Lines without an error, such as `create table if not exists` on an existing table."""


class SignatureMatch(NamedTuple):
    """A signature, and the line that has it."""

    signature: LogSignature
    line: str


def recognise(log_lines: Sequence[str]) -> SignatureMatch | None:
    """Return the last line with a known signature: an earlier failure may have been retried."""
    for line in _last(log_lines):
        if _HARMLESS.search(line):
            continue
        plain = line.lower()
        for signature in SIGNATURES:
            if any(map(plain.__contains__, signature.signs)) and signature.pattern.search(line):
                return SignatureMatch(signature, line)
    return None


def _last(log_lines: Sequence[str]) -> Iterator[str]:
    """Yield the newest lines first, stripped, without the middle of a long line."""
    room = LONGEST_LOG
    for line in reversed(log_lines):
        text = line.strip()
        if len(text) > LONGEST_LINE:
            text = f"{text[: LONGEST_LINE // 2]}\n{text[-LONGEST_LINE // 2 :]}"
        room -= max(len(text), SHORTEST_LINE)
        if room < 0:
            return
        yield text
