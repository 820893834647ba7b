"""What a migration's last lines give away: an exit code of 1 is not an explanation. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sluice.diagnosis.signature_table import LOCK, SIGNATURES, Signature

__all__ = ["LOCK", "SIGNATURES", "Found", "Signature", "recognise"]

LONGEST_LINE = 4_000
"""Characters of a line that are looked at, half of them at its end."""
LONGEST_LOG = 64_000
"""Characters of a log that are looked at, from its end: more than the gate keeps of it."""
SHORTEST_LINE = 40
"""Characters that a line counts at least."""

_HARMLESS = re.compile(r"\b(?:NOTICE|DEBUG|INFO)\b|, skipping\b")
"""Lines that say that nothing is wrong (`create table if not exists` on a table that is there)."""


class Found(NamedTuple):
    """A signature, and the line that has it."""

    signature: Signature
    line: str


def recognise(lines: Sequence[str]) -> Found | None:
    """The last line that has a signature: what came before it may have been tried again."""
    for line in _last(lines):
        if _HARMLESS.search(line):
            continue
        plain = line.lower()
        for signature in SIGNATURES:
            if any(map(plain.__contains__, signature.signs)) and signature.pattern.search(line):
                return Found(signature, line)
    return None


def _last(lines: Sequence[str]) -> Iterator[str]:
    """The newest lines first, without what is around and in the middle of a long one."""
    room = LONGEST_LOG
    for line in reversed(lines):
        text = line.strip()
        if len(text) > LONGEST_LINE:
            text = f"{text[: LONGEST_LINE // 2]}\n{text[-LONGEST_LINE // 2 :]}"
        room -= max(len(text), SHORTEST_LINE)
        if room < 0:
            return
        yield text
