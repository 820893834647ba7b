"""Decides whether a rollout may still move the service, or another deployer has taken over. Pure.

`pulumi cancel` releases the stack's lock, but does not end the process that held it. While a deployer holds the lock,
no other one starts, so a later record of another one proves that the lock was released.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sluice.author import Identity
from sluice.migration.records.plan import touches
from sluice.migration.records.record import RunRecord
from sluice.release.release_record import Release

CLOCKS_SECONDS = 2.0
"""Seconds by which the clocks of two deployers may differ; each is measured by a header with whole seconds."""


def overtaken(runs: Sequence[RunRecord], releases: Sequence[Release], me: Identity) -> str:
    """Return a sentence that names the later deployer; empty without one."""
    since = me.began + CLOCKS_SECONDS
    for run in runs:
        if run.by == "up" and run.owner != me.owner and run.started > since:
            return (
                f"{run.author} started run {run.number} (`pulumi up`, image {run.image[:19]}) at {_time(run.started)}"
            )
    for release in releases:
        if release.at > since:
            digest = release.digest.rpartition("@")[2][:19]
            author = release.author or "another deployer"
            return f"release {release.number} ({digest}) was deployed by {author} at {_time(release.at)}"
    return ""


def unproven(runs: Sequence[RunRecord], proof: int) -> RunRecord | None:
    """Return the first run after run *proof* that may have changed the schema; None without one."""
    return next((run for run in runs if run.number > proof and touches(run)), None)


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
