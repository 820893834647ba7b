"""The releases of a stack as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sluice.release.hold import Hold
from sluice.release.names import short as short_name
from sluice.release.release_record import Release
from sluice.rollout.rollback_target import digest

HEADS = ("RELEASE", "WHEN (UTC)", "IMAGE", "VERSION", "GIT REVISION", "TASK DEFINITION", "BY", "AUTHOR", "")


def listed(releases: Sequence[Release], held: Mapping[str, Hold], serves: str) -> list[tuple[str, ...]]:
    """Return the releases as rows, newest first.

    Args:
        serves: the serving revision, whose newest release is marked.
    """
    serving = max((one.number for one in releases if one.task_definition == serves), default=0)
    return [
        (
            str(one.number),
            datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d %H:%M"),
            digest(one).removeprefix("sha256:")[:12],
            short_name(one.version),
            short_name(one.revision),
            revision_of(one.task_definition),
            one.by,
            one.author,
            ", ".join(_marks(one, held, serving)),
        )
        for one in reversed(releases)
    ]


def _marks(release: Release, held: Mapping[str, Hold], serving: int) -> Iterator[str]:
    if release.number == serving:
        yield "serves"
    if hold := held.get(digest(release)):
        yield f"held by {hold.author}"


def revision_of(arn: str) -> str:
    """Return `family:number` of a task definition's ARN."""
    return arn.rpartition("/")[2]
