"""What any text looks like before a person or a record gets it: harmless, masked, bounded. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gate.printable import LONGEST_LINE, LONGEST_TEXT, bounded, bounded_text, printable
from gate.redact import MASK, redact
from gate.secret_name import promises_secret


def presentable(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text without control characters (line breaks and tabs stay), with secrets masked, lines and whole bounded.

    What is presentable already is not changed.
    """
    return bounded_text(redact("\n".join(printable(line) for line in text.split("\n"))), longest)


def presentable_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The same on one line."""
    return bounded(redact(" ".join(printable(line) for line in text.split("\n"))), longest)


def command_line(words: Sequence[str]) -> str:
    """A command and its arguments on one line: each word is masked by itself, a secret may have spaces."""
    shown: list[str] = []
    option = ""
    for word in words:
        value = bool(option) and not word.startswith("-")
        shown.append(MASK if value else redact(word))
        option = word if word.startswith("-") and "=" not in word and promises_secret(word.strip("-")) else ""
    return presentable_line(" ".join(shown))
