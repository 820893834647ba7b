"""The output of a command: with --json, text goes to stderr and one document to stdout.

Text is masked, bounded and free of control characters; json.dumps escapes control characters itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from sluice.diagnosis.redaction.presentable import presentable, presentable_line


class Terminal:
    """Prints text and the result.

    Args:
        machine: --json was given.
    """

    def __init__(self, machine: bool) -> None:
        self.machine = machine
        self._progress = False

    def line(self, text: str = "") -> None:
        """Print a line of the result as text."""
        self._clear()
        print(presentable(text), file=sys.stderr if self.machine else sys.stdout, flush=True)

    def note(self, text: str) -> None:
        """Print a line about the command itself on stderr, apart from its result."""
        self._clear()
        print(presentable(text), file=sys.stderr, flush=True)

    def log(self, text: str, ephemeral: bool) -> None:
        """Print a line of the gate; progress is shown on a terminal only, and replaced in place."""
        if not ephemeral:
            self.line(text)
        elif sys.stderr.isatty():
            print(f"\r\033[K{presentable_line(text)[:110]}", end="", file=sys.stderr, flush=True)
            self._progress = True

    def result(self, document: Any) -> None:
        """Print the one document of --json."""
        self._clear()
        if self.machine:
            print(json.dumps(document, indent=2, default=str), flush=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print rows below their heads. An empty column is left out."""
        used = [index for index in range(len(heads)) if any(row[index] for row in rows)]
        cells = [[presentable_line(row[index]) for index in used] for row in (heads, *rows)]
        for text in columns(cells):
            self.line(text)

    def confirm(self, question: str) -> bool:
        """Ask for confirmation on the terminal. Return False without one: pass --yes there."""
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
    """Return rows as text lines with aligned columns."""
    if not rows:
        return []
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
