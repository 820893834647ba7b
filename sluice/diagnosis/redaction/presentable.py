"""Makes any text fit for a person or a record: without control characters, masked, bounded. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sluice.diagnosis.redaction.printable import LONGEST_LINE, LONGEST_TEXT, bounded, bounded_text, printable
from sluice.diagnosis.redaction.redact import MASK, redact
from sluice.diagnosis.redaction.secret_name import is_no_secret, promises_secret

_NAME = re.compile(r"[\w.-]+")
_SHELL = re.compile(r"-[a-z]*c")
"""The option is followed by a script, not by one value."""


def presentable(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return the text without control characters (line breaks and tabs stay), secrets masked, length bounded.

    A text that is presentable already is not changed.
    """
    return bounded_text(redact("\n".join(printable(line) for line in text.split("\n"))), longest)


def presentable_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Return the same on one line."""
    return bounded(redact(" ".join(printable(line) for line in text.split("\n"))), longest)


def command_line(arguments: Sequence[str]) -> str:
    """Return a command on one line; each argument is masked by itself, because a secret may contain spaces."""
    shown: list[str] = []
    option = before = ""
    for word in arguments:
        name, sign, value = word.partition("=")
        if option and not word.startswith("-"):
            shown.append(MASK)
        elif sign and not _SHELL.fullmatch(before) and _is_secret(name, value):
            shown.append(f"{name}={MASK}")
        else:
            shown.append(redact(word))
        before = word
        option = word if word.startswith("-") and not sign and promises_secret(word) else ""
    return presentable_line(" ".join(shown))


def _is_secret(name: str, value: str) -> bool:
    return bool(_NAME.fullmatch(name)) and promises_secret(name) and not is_no_secret(name, value, prose=False)
