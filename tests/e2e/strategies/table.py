"""What users got of each version, as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Row:
    """One deployment.

    Attributes:
        strategy: `service.strategy`.
        version: what is wrong with it, or that it is good.
        verdict: the first line that `pulumi up` gave as its reason.
        seconds: from the start of ECS's deployment to the end of `pulumi up`.
        requests: that users sent while `pulumi up` ran.
        reached: those that the new version answered.
        failed: those without the answer 200.
        serves: the release that serves afterwards.
    """

    strategy: str
    version: str
    verdict: str
    seconds: float
    requests: int
    reached: int
    failed: int
    serves: str


TITLES = ("strategy", "version", "verdict", "seconds", "requests", "reached it", "failed", "serves afterwards")


def text(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| " + " | ".join(TITLES) + " |", "|---|---|---|--:|--:|--:|--:|---|"]
    for row in rows:
        cells = [getattr(row, one.name) for one in fields(row)]
        words = [f"{cell:.1f}" if isinstance(cell, float) else str(cell).replace("|", "\\|") for cell in cells]
        lines.append("| " + " | ".join(words) + " |")
    return "\n".join(lines) + "\n"
