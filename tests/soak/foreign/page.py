"""docs/foreign-images.md: a row for every image; rows that were not played again stay."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.e2e.stage import ROOT

PAGE = ROOT / "docs/foreign-images.md"
HEAD = """# Foreign images, end to end

Images as they come from elsewhere. Each is the example service with one change and a migration of its own, deployed
by a real `pulumi up` over a good version on the local cloud, in real containers, while a client asks the service the
whole time. `python -m tests.soak.foreign [ROW ...]` plays the rows, asserts what they say, and writes this table.

- **verdict shown**: the first lines of what people read.
- **seconds**: of the whole `pulumi up`, with the build of the image; on two cores, beside other work. Checks are short
  there (start period 15 s, three checks 5 s apart); with a real service's a rollout takes as much longer as those do.
- **database**: *untouched*: schema and rows are the same before and after, by `pg_dump` (without owners and grants,
  which every run's first step sets anew), and none of the image's migrations is in it. *migrated*: its migration ran,
  as it should: the service's own checks come after.
- **failed**: requests of the client that were not answered with 200, and how many it sent.

"""
TITLES = ("image", "what it is", "verdict shown", "seconds", "database", "serves afterwards", "failed", "at commit")
LONGEST = 420
"""Characters of a line of the verdict."""


@dataclass(frozen=True)
class Row:
    """What an image came to; cells as the page has them."""

    name: str
    what: str
    verdict: Sequence[str]
    seconds: float
    database: str
    serves: str
    failed: str
    commit: str

    def line(self) -> str:
        shown = "<br>".join(_cell(one if len(one) <= LONGEST else one[: LONGEST - 1] + "…") for one in self.verdict)
        cells = (
            self.name,
            self.what,
            shown,
            f"{self.seconds:.0f}",
            self.database,
            self.serves,
            self.failed,
            self.commit,
        )
        return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def verdict(output: str) -> list[str]:
    """The first lines of what people read: the error with what it is about, its cause and its fix; a warning of the
    image where there is no error."""
    lines = output.partition("Diagnostics:\n")[2].splitlines()
    for number, line in enumerate(lines):
        found = re.search(r"\berror: (.+)", line)
        if found and found[1].strip() != "update failed":
            title = found[1].strip()
            return [title, *(one for one in _details(lines[number + 1 :]) if one not in title)]
    return [line.strip() for line in lines if line.strip().startswith("warning: ")][:1]


def _details(lines: Sequence[str]) -> list[str]:
    """Of the lines below an error: what it is about, and the first cause, seen and fix."""
    kept: dict[str, str] = {}
    before = ""
    for line in lines:
        text = " ".join(line.split())
        label = text.partition(":")[0]
        if label == "cause" and not kept and before and not before.startswith("command:"):
            kept["about"] = before
        if label in ("cause", "seen", "fix"):
            kept.setdefault(label, text)
        if not text or "fix" in kept:
            break
        before = text
    return list(kept.values())


def written(rows: Mapping[str, Row], order: Sequence[str]) -> str:
    """The page with these rows and those that it had."""
    had = {}
    if PAGE.exists():
        for line in PAGE.read_text().splitlines():
            if line.startswith("| ") and not line.startswith(f"| {TITLES[0]} |"):
                had[line.split(" | ")[0].removeprefix("| ")] = line
    lines = [rows[name].line() if name in rows else had[name] for name in order if name in rows or name in had]
    head = ["| " + " | ".join(TITLES) + " |", "|---|---|---|--:|---|---|---|---|"]
    missing = [name for name in order if name not in rows and name not in had]
    tail = f"\nNot played yet: {', '.join(missing)}.\n" if missing else ""
    return HEAD + "\n".join([*head, *lines]) + "\n" + tail
