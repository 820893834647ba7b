"""The release to roll back to. Pure decisions on the releases of a stack."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sluice.image.digest import short
from sluice.inputs.smoke import Smoke
from sluice.migration.operator_run import RunRefused
from sluice.migration.records.record import RunRecord
from sluice.release.release_record import Release


def choose(
    releases: Sequence[Release], current: str, to: str | None, held: Collection[str], known: bool = True
) -> Release:
    """Return the release to roll back to.

    Args:
        releases: in the order in which they were proven.
        current: digest (``sha256:…``) that serves now.
        to: number, or a digest's beginning; None: the newest one of another image that is not held.
        held: digests that are held.
        known: False when *releases* are only revisions, which may never have served.

    Raises:
        RunRefused: there is none, or not that one.
    """
    what = "release" if known else "revision"
    others = [one for one in releases if digest(one) != current]
    if to is None:
        free = [one for one in others if digest(one) not in held]
        if free:
            return max(free, key=lambda one: one.number)
        why = "all earlier ones are held" if others else "there is no earlier one"
        raise RunRefused(f"no {what} to go back to: {why}; releases: {_listed(releases)}")
    found = named(releases, to)
    if found is None:
        raise RunRefused(f"this stack has no {what} {to}; it has: {_listed(releases)}")
    if digest(found) == current:
        raise RunRefused(f"{what} {found.number} ({digest(found)[:19]}) is what the service has now")
    if digest(found) in held:
        raise RunRefused(
            f"{what} {found.number} ({digest(found)[:19]}) is held: it was rolled back before; to use it all the same, "
            f"first `sluice rollback --lift {digest(found)}`"
        )
    return found


def named(releases: Sequence[Release], to: str) -> Release | None:
    """Return a release by number, by the beginning of a digest or git revision (at least seven digits), or by version;
    the newest when several match."""
    by_number = re.fullmatch(r"#?(\d{1,6})", to)
    if by_number:
        return next((one for one in releases if one.number == int(by_number[1])), None)
    start = to.rpartition("@")[2].removeprefix("sha256:").lower()
    long = re.fullmatch(r"[0-9a-f]{7,64}", start) is not None
    matching = [one for one in releases if long and digest(one).removeprefix("sha256:").startswith(start)]
    matching = matching or [one for one in releases if (long and one.revision.startswith(start)) or one.version == to]
    return max(matching, key=lambda one: one.number, default=None)


def digest(release: Release) -> str:
    return release.digest.rpartition("@")[2]


def smoke_of(raw: Mapping[str, Any], path: str | None) -> Smoke | None:
    """Return the smoke request of an earlier release: the settings' request at the path that this release answered when
    it was proven, without what only a newer one answers. None: none is sent.

    Args:
        raw: the stack's smoke request.
        path: of the release: see sluice.release.release_record.
    """
    newer = ("version", "body", "json")
    known = {key: value for key, value in raw.items() if key not in newer}
    return Smoke.parse(known).at(path) if known else None


def after_steps(runs: Sequence[RunRecord], since: int) -> list[RunRecord]:
    """Return the runs of after-steps begun since then: they removed what an older version may need."""
    return [run for run in runs if run.phase == "after" and run.started >= since]


def _listed(releases: Sequence[Release]) -> str:
    newest = sorted(releases, key=lambda one: one.number, reverse=True)[:10]
    return ", ".join(f"{one.number} ({short(digest(one))}{_names(one)})" for one in newest) or "none"


def _names(release: Release) -> str:
    return f", {release.names}" if release.names else ""
