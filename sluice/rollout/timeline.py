"""The timeline of a rollout: how long each stage took, and how many users reached the new version when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from sluice.duration import short_time
from sluice.release.release_record import Moment, RolloutRecord, deployer

Kind = Literal["stage", "users", "figures", "end"]
WIDTH = 40
"""Characters of the longest bar on a terminal."""
KEPT = 30
"""Moments that a record has room for: a parameter holds 4 KB."""
TEXT = 56
"""Characters of a moment's text that are kept."""


@dataclass(frozen=True)
class Bar:
    """One stage.

    Attributes:
        text: its name.
        begin: seconds since the rollout began.
        seconds: how long it took.
        notes: what happened in it: shares of the users, figures of both versions.
    """

    text: str
    begin: int
    seconds: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Migrations:
    """The migration steps that ran before a rollout.

    Attributes:
        started: seconds since the epoch, by AWS's clock.
        steps: name and seconds of each, in their order.
    """

    started: int
    steps: tuple[tuple[str, int], ...]


def kept(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """Return the moments that a record has room for: of too many, the first ten and the last ones."""
    short = [(at, kind, text[:TEXT]) for at, kind, text in moments]
    return tuple(short if len(short) <= KEPT else [*short[:10], *short[-(KEPT - 10) :]])


def bars(record: RolloutRecord, before: Migrations | None = None) -> list[Bar]:
    """Return the migration steps and the stages of a rollout, in their order.

    Args:
        before: the steps, from whose start the seconds then count; None: none are known.
    """
    stages = _stages(record)
    if before is None or before.started > record.at:
        return stages
    shift, found, begin = record.at - before.started, list[Bar](), 0
    for name, seconds in before.steps:
        found.append(Bar(f"step {name}", begin, seconds))
        begin += seconds
    return found + [replace(one, begin=one.begin + shift) for one in stages]


def _stages(record: RolloutRecord) -> list[Bar]:
    """Return the stages of the deployment. The last moment is its end."""
    found: list[Bar] = []
    for at, kind, text in record.moments:
        if found:
            found[-1] = Bar(found[-1].text, found[-1].begin, at - found[-1].begin, found[-1].notes)
        if kind == "stage":
            found.append(Bar(text, at, 0))
        elif found and kind != "end":
            found[-1] = Bar(found[-1].text, found[-1].begin, found[-1].seconds, (*found[-1].notes, text))
    return found


def terminal(record: RolloutRecord, stages: Sequence[Bar]) -> list[str]:
    """Return the timeline as lines of a terminal, one a stage."""
    total = max((one.begin + one.seconds for one in stages), default=0)
    lines = [heading(record)]
    width = max((len(one.text) for one in stages), default=0)
    for one in stages:
        before = _cells(one.begin, total)
        bar = " " * before + "█" * max(1, _cells(one.begin + one.seconds, total) - before)
        lines.append(f"  {one.text:<{width}}  {bar:<{WIDTH}}  {short_time(one.seconds)}")
        lines += [f"  {'':<{width}}  {' ' * before}{note}" for note in one.notes]
    return lines


def markdown(record: RolloutRecord, stages: Sequence[Bar]) -> list[str]:
    """Return the timeline as Markdown with a Mermaid chart, for the summary of a workflow."""
    if not stages:
        return [f"### {heading(record)}"]
    lines = [f"### {heading(record)}", "", "```mermaid", "gantt", "  dateFormat X", "  axisFormat %M:%S"]
    for one in stages:
        lines.append(f"  {_plain(one.text)} : {one.begin}, {one.begin + max(1, one.seconds)}")
    lines += ["```", "", "| stage | after | took | |", "|---|---|---|---|"]
    for one in stages:
        notes = "; ".join(one.notes).replace("|", "\\|")
        lines.append(f"| {one.text} | {short_time(one.begin)} | {short_time(one.seconds)} | {notes} |")
    return lines


def heading(record: RolloutRecord) -> str:
    """Return what was rolled out, by whom, and how it ended."""
    when = datetime.fromtimestamp(record.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    ended = f"{record.state}: {record.message}" if record.message else record.state
    name = record.task_definition.rpartition("/")[2]
    return f"{name}, {deployer(record)}, {when}, {ended}"


def _cells(seconds: int, total: int) -> int:
    return round(WIDTH * seconds / total) if total else 0


def _plain(text: str) -> str:
    """A name without the characters that mean something in a Mermaid chart."""
    return text.replace(":", " ").replace(";", " ").replace("#", " ").replace(",", " ")
