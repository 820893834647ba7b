"""Whether a rollout may still move the service, or another deployer has come since. Pure.

`pulumi cancel` frees a stack, not the process that held it. While a deployer lives, Pulumi's lock means that no other
one begins: a record that another one made since is the proof that the lock was given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sluice.author import Identity
from sluice.migration.records.plan import touches
from sluice.migration.records.record import RunRecord
from sluice.release.release_record import Release

CLOCKS_SECONDS = 2.0
"""How far the moments of two deployers may be apart, each measured by a header with whole seconds."""


def overtaken(runs: Sequence[RunRecord], releases: Sequence[Release], me: Identity) -> str:
    """Return who came since this deployer began, as a sentence; empty when nobody did."""
    since = me.began + CLOCKS_SECONDS
    for run in runs:
        if run.by == "up" and run.owner != me.owner and run.started > since:
            return (
                f"{run.author} has begun run {run.number} (`pulumi up`, image {run.image[:19]}) at {_time(run.started)}"
            )
    for release in releases:
        if release.at > since:
            digest = release.digest.rpartition("@")[2][:19]
            author = release.author or "another deployer"
            return f"release {release.number} ({digest}) was deployed by {author} at {_time(release.at)}"
    return ""


def unproven(runs: Sequence[RunRecord], proof: int) -> RunRecord | None:
    """The first run since run *proof* that may have changed the schema under the version to be rolled out; None when
    there is none."""
    return next((run for run in runs if run.number > proof and touches(run)), None)


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
