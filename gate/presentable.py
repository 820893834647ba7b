"""What any text looks like before a person or a record gets it: harmless, masked, bounded. Pure."""

from __future__ import annotations

from gate.printable import LONGEST_LINE, LONGEST_TEXT, bounded, bounded_text, printable
from gate.redact import redact


def presentable(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text without control characters (line breaks and tabs stay), with secrets masked, lines and whole bounded.

    What is presentable already is not changed.
    """
    return bounded_text(redact("\n".join(printable(line) for line in text.split("\n"))), longest)


def presentable_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The same on one line."""
    return bounded(redact(" ".join(printable(line) for line in text.split("\n"))), longest)
