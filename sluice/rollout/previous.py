"""The version that a rollout rolls back to. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.release.release_record import Release, RolloutRecord
from sluice.rollout.deployment.judge import Version


def previous(
    found: Version, remembered: str, wanted: str, releases: Sequence[Release], before: RolloutRecord | None
) -> Version:
    """Return the version to roll back to: a proven release. That ECS completed a deployment proves nothing.

    A killed deployer may leave a deployment that completed and was never proven, or the open record of a rollout whose
    release was proven. The releases decide in both cases.

    Args:
        found: the former version, as ECS lists it.
        remembered: the former revision in the engine's state; used when nothing else is known.
        wanted: the revision that is rolled out.
        releases: the proven ones, oldest first.
        before: the last rollout.
    """
    proven = [one.task_definition for one in releases]
    if found and found.task_definition in proven:
        return found
    newest = next((one for one in reversed(proven) if one != wanted), "")
    if newest:
        return Version(newest)
    if proven:
        return found
    unproven = before is not None and before.task_definition == (found.task_definition or wanted)
    if before is not None and unproven and before.previous not in ("", wanted):
        return Version(before.previous)
    return found or Version(remembered if remembered != wanted else "")
