"""What people see, and what machines read: with --json every human line goes to stderr, and one document to stdout.

Whatever is for people is harmless to a terminal, masked and bounded; json.dumps escapes control characters by itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from sluice.diagnosis.redaction.presentable import presentable, presentable_line


class Terminal:
    """Where lines and the result go. *machine* is --json."""

    def __init__(self, machine: bool) -> None:
        self.machine = machine
        self._progress = False

    def line(self, text: str = "") -> None:
        """A line for people."""
        self._clear()
        print(presentable(text), file=sys.stderr if self.machine else sys.stdout, flush=True)

    def note(self, text: str) -> None:
        """A line about the command itself, never mixed with its result."""
        self._clear()
        print(presentable(text), file=sys.stderr, flush=True)

    def log(self, text: str, ephemeral: bool) -> None:
        """The gate's lines; what is only progress is shown on a terminal, in one place."""
        if not ephemeral:
            self.line(text)
        elif sys.stderr.isatty():
            print(f"\r\033[K{presentable_line(text)[:110]}", end="", file=sys.stderr, flush=True)
            self._progress = True

    def result(self, document: Any) -> None:
        """The one document of --json."""
        self._clear()
        if self.machine:
            print(json.dumps(document, indent=2, default=str), flush=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows below their heads. A column that has nothing in any row is left out."""
        used = [index for index in range(len(heads)) if any(row[index] for row in rows)]
        cells = [[presentable_line(row[index]) for index in used] for row in (heads, *rows)]
        for text in columns(cells):
            self.line(text)

    def confirm(self, question: str) -> bool:
        """Ask on the terminal. False without one: then only --yes says yes."""
        if not sys.stdin.isatty():
            return False
        self._clear()
        print(f"{presentable(question)} [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def _clear(self) -> None:
        if self._progress:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._progress = False


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with their columns one below the other."""
    if not rows:
        return []
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
