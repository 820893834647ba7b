"""What each fault came to, as a table for people; `make soak` keeps it in docs/faults.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "faults.md"

ALWAYS = ("crash loop", "missing secret", "scale-out during a rollout", "Ctrl-C in a rollout")
"""The faults that `make test` plays too."""

HEAD = f"""# Faults, end to end

Each fault is provoked in a deployment by the real Pulumi engine on the local cloud, with real containers, while a
client asks the service the whole time, from before the fault until after the retry. `make soak` runs all of them and
writes this table (tests/e2e/faults).

`make test` runs four of them: {", ".join(ALWAYS)}.
Only `make soak` runs the others, a database that is down and an alarm among them: together they take more than ten
minutes.

Checks are short there (start period 30 s, three checks, 5 s apart): with the settings of a real service a verdict that
waits for health checks takes as much longer as those do.

"""
RUN = "Run of {date} at commit {commit} on {cpus} CPUs, load average {load:.0f} at its end.\n\n"


@dataclass(frozen=True)
class Row:
    """One fault.

    Attributes:
        fault: what was provoked.
        verdict: the first line that `pulumi up` gave as its reason.
        seconds: from the start of the rollout (of the `pulumi up`, where it began none) to its end.
        requests: that the client sent.
        failed: those without the answer 200.
        retry: the state after one more `pulumi up`.
    """

    fault: str
    verdict: str
    seconds: float
    requests: int
    failed: int
    retry: str


def verdict(output: str) -> str:
    """The reason in what a `pulumi` printed: its first error that is not Pulumi's own "update failed"."""
    for line in output.splitlines():
        found = re.search(r"\berror: (.+)", line)
        if found and found[1].strip() != "update failed":
            return found[1].strip()
    return "no error"


def page(rows: Sequence[Row], date: str, commit: str, cpus: int, load: float) -> str:
    """docs/faults.md: the table, and when and on what it was made."""
    return HEAD + RUN.format(date=date, commit=commit, cpus=cpus, load=load) + text(rows)


def text(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    titles = ["fault", "verdict shown", "seconds to the verdict", "requests", "failed", "after one more `pulumi up`"]
    lines = ["| " + " | ".join(titles) + " |", "|---|---|--:|--:|--:|---|"]
    for row in rows:
        cells = [getattr(row, one.name) for one in fields(row)]
        words = [f"{cell:.1f}" if isinstance(cell, float) else str(cell).replace("|", "\\|") for cell in cells]
        lines.append("| " + " | ".join(words) + " |")
    return "\n".join(lines) + "\n"
