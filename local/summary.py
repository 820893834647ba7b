"""The summary of a deploy, in a few lines. Pure.

`pulumi stack output --json` prints all outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.toolchain.progress import Timing, duration
from sluice.release.names import DIGITS, short


def summary(
    before: Mapping[str, Any], after: Mapping[str, Any], answer: str, timings: Sequence[Timing], more: str
) -> list[str]:
    """At most ten lines.

    Args:
        before, after: the stack's outputs at both ends of the deploy; none before the first one.
        answer: of the URL.
        timings: the deploy's parts, of which the last one may be the whole.
        more: the commands that tell more.
    """
    rows = [
        ("url", f"{after['url']} answers {answer}"),
        ("release", release(after.get("release") or {})),
        ("ran", ", ".join(ran(before, after)) or "nothing: image, steps and settings are as they were"),
        ("seconds", seconds(timings)),
        ("more", more),
    ]
    return [f"  {name:<8} {text}" for name, text in rows]


def release(known: Mapping[str, Any]) -> str:
    """A release by all of its names that are known: digest, version, git revision; and since when it serves."""
    digest = str(known.get("digest") or "").removeprefix("sha256:")[:DIGITS]
    parts = [f"sha256:{digest}" if digest else "none"]
    parts += [f"{name} {short(str(known[name]))}" for name in ("version", "revision") if known.get(name)]
    if time := str(known.get("time") or ""):
        parts.append(f"proven {time.replace('T', ' ').removesuffix('+00:00')} UTC")
    return ", ".join(parts)


def ran(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Return the steps and the rollout that this deploy ran, recognised by new task ids and a new time of proof."""
    old = {task for step in before.get("migrations") or () for task in step["tasks"]}
    for step in after.get("migrations") or ():
        if not old.issuperset(step["tasks"]):
            tasks = f" in {len(step['tasks'])} tasks" if len(step["tasks"]) > 1 else ""
            took = f"{step['seconds']} s" if step["seconds"] < 60 else duration(step["seconds"])
            yield f"{step['name']}{tasks} {took}"
    if (after.get("release") or {}).get("time") != (before.get("release") or {}).get("time"):
        yield "rollout"


def seconds(timings: Sequence[Timing]) -> str:
    """The parts on one line."""
    return ", ".join(f"{one.part} {duration(one.seconds)}" for one in timings)
