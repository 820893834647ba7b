"""Wrong settings, each with the one message that answers it.

`python -m tests.unit.settings.wrong` puts them into docs/wrong-inputs.md, where people read them.
"""

from __future__ import annotations

from pathlib import Path

from tests.unit.settings.wrong import (
    application,
    database,
    general,
    image,
    migrations,
    network,
    scan,
    secrets,
    service,
)
from tests.unit.settings.wrong.values import LISTENER, NAMED, REMOVE, REPOSITORY, ROUTED, SECRET, changed, right

__all__ = ["LISTENER", "NAMED", "PAGE", "REMOVE", "REPOSITORY", "ROUTED", "SECRET", "WRONG", "changed", "page", "right"]

PAGE = Path(__file__).parents[4] / "docs" / "wrong-inputs.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
"""Mark the part of the page that is made from these tables; the rest is written by hand."""

WRONG = [
    *general.WRONG,
    *application.WRONG,
    *image.WRONG,
    *scan.WRONG,
    *secrets.WRONG,
    *migrations.WRONG,
    *database.WRONG,
    *service.WRONG,
    *network.WRONG,
]


def section() -> str:
    """The page's part about settings, in Markdown."""
    rows = [f"| {name} | `{cell(message)}` |" for name, _, message in WRONG]
    return "\n".join(["| wrong input | what is said |", "|---|---|", *rows])


def cell(text: str) -> str:
    """A message as code in a table."""
    return text.replace("|", "\\|")


def page(text: str) -> str:
    """The page with the section as it is now. Raises ValueError when the marks are missing."""
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{section()}\n{END}{tail}"
