"""Wrong settings, each with its message, in the order of the settings page.

`python -m tests.unit.settings.wrong` writes them into docs/wrong-inputs.md.
"""

from __future__ import annotations

from pathlib import Path

from tests.unit.settings.wrong import (
    app,
    aws,
    database,
    general,
    image,
    load_balancer,
    migrations,
    monitoring,
    network,
    scan,
    service,
    smoke,
    snapshot,
)
from tests.unit.settings.wrong.values import LISTENER, NAMED, REMOVE, REPOSITORY, ROUTED, SECRET, changed, right

__all__ = ["LISTENER", "NAMED", "PAGE", "REMOVE", "REPOSITORY", "ROUTED", "SECRET", "WRONG", "changed", "page", "right"]

PAGE = Path(__file__).parents[4] / "docs" / "wrong-inputs.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
"""Markers of the generated part of the page."""

WRONG = [
    *general.WRONG,
    *aws.WRONG,
    *app.WRONG,
    *image.WRONG,
    *scan.WRONG,
    *database.WRONG,
    *migrations.WRONG,
    *snapshot.WRONG,
    *service.WRONG,
    *smoke.WRONG,
    *load_balancer.WRONG,
    *monitoring.WRONG,
    *network.WRONG,
]


def section() -> str:
    """The generated part of the page, in Markdown."""
    rows = [f"| {name} | `{cell(message)}` |" for name, _, message in WRONG]
    return "\n".join(["| wrong input | message |", "|---|---|", *rows])


def cell(text: str) -> str:
    """A message as code in a table cell."""
    return text.replace("|", "\\|")


def page(text: str) -> str:
    """The page with the generated part replaced. Raises ValueError if a marker is missing."""
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{section()}\n{END}{tail}"
