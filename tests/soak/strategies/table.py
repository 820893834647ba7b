"""The figures of this soak as tables for people. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from tests.soak.strategies.mixed import Mixed
from tests.soak.strategies.play import Killed, Played


def kills(played: Sequence[Played]) -> str:
    """Stage at the kill, what the next `pulumi up` did, how often, and the seconds that it took."""
    rows: dict[tuple[str, str], list[Killed]] = defaultdict(list)
    for one in played:
        for kill in one.kills:
            rows[kill.stage, kill.outcome].append(kill)
    lines = [
        "| stage at the kill | the next `pulumi up` | kills | seconds, median | longest |",
        "|---|---|--:|--:|--:|",
    ]
    for (stage, outcome), found in sorted(rows.items()):
        seconds = [one.seconds for one in found]
        lines.append(f"| {stage} | {outcome} | {len(found)} | {median(seconds):.1f} | {max(seconds):.1f} |")
    return "\n".join(lines)


def summary(played: Sequence[Played], wanted: int, seconds: float) -> str:
    """What was played, in one paragraph."""
    bad = [one for one in played if one.attempt.fault]
    return (
        f"{sum(len(one.kills) for one in played)} of {wanted} kills in {len(played)} seeds, "
        f"{sum(bool(one.wrong) for one in played)} wrong; {sum(one.requests for one in played)} requests, "
        f"{sum(one.failed for one in played)} failed; {len(bad)} bad versions; {seconds / 60:.1f} min"
    )


def mixed(found: Mixed) -> str:
    """The deploys under load."""
    lines = ["| deploy | strategy | seconds | exit code |", "|--:|---|--:|--:|"]
    lines += [
        f"| {number} | {one.strategy} | {one.seconds:.1f} | {one.up.code} |"
        for number, one in enumerate(found.deploys, 1)
    ]
    total = (
        f"{found.requests} requests at {found.rate:.1f}/s, {found.failed} failed, "
        f"{len(found.deploys)} deploys in {found.seconds / 60:.1f} min"
    )
    return "\n".join([*lines, "", total, *(f"WRONG: {one}" for one in found.wrong)])
