"""Decides whether a change goes forward: to a newer build, to a supported version of the database engine. Pure."""

from __future__ import annotations

from sluice.finding import Finding, refused

SHORT = 12
"""Digits of a commit in messages."""
LEAST = 7
"""Digits that a setting needs at least to name a commit."""


def older_build(
    wanted: str, live: str, ancestor: bool | None, allowed: str = "", setting: str = "app.context"
) -> Finding | None:
    """Return the finding for a build whose commit is older than the live release's; None otherwise.

    Args:
        wanted, live: commits of the build and of the live release, without `-dirty`; empty where unknown.
        ancestor: whether *wanted* is an ancestor of *live*; None where git does not know.
        allowed: an older commit that the settings allow; seven digits or more.
        setting: the setting that names the build.
    """
    if not (wanted and live and ancestor) or wanted == live:
        return None
    if len(allowed) >= LEAST and wanted.startswith(allowed):
        return None
    newer = "check out the newer commit" if setting == "app.context" else "name a newer build"
    return refused(
        setting,
        f"commit {wanted[:SHORT]} is older than the live release's, {live[:SHORT]}, which contains it",
        "it may lack migrations that the live release ran, and would run on that schema",
        f"{newer}; to roll back to an earlier release set `rollback: sha256:…`; to deploy this commit anyway set "
        f"`app.allowOlder: {wanted[:SHORT]}`",
    )


def major_change(wanted: str, live: str, asked: str = "") -> Finding | None:
    """Return the finding for a change of PostgreSQL's major version; None without one.

    Args:
        wanted, live: major versions of the settings and of the live instance; empty where unknown.
        asked: the major version that `database.upgrade` allows.

    Source: "Upgrading the PostgreSQL DB engine" (RDS user guide): it takes the instance out of service, cannot be
    undone, and ModifyDBInstance refuses it without AllowMajorVersionUpgrade.
    """
    if not (wanted and live) or wanted == live:
        return None
    if int(wanted) < int(live):
        return refused(
            "database.version",
            f"the live instance has PostgreSQL {live}, and the settings say {wanted}",
            "RDS cannot downgrade to an older major version",
            f'write "{live}"; for an older version restore a snapshot or a dump that was made with it',
        )
    if asked == wanted:
        return None
    return refused(
        "database.version",
        f"PostgreSQL {live} would become {wanted}, a major upgrade",
        "the database is unavailable during the upgrade, and only a snapshot can undo it",
        f'take a snapshot, then set `database.upgrade: "{wanted}"` for this one `pulumi up`; for an upgrade without '
        "downtime use an RDS blue/green deployment",
    )


def unknown_order(wanted: str, live: str, setting: str) -> str:
    """Return why the order of a build's commit and the live release's is unknown."""
    if not live:
        return "the live release names no commit"
    if wanted:
        return f"git in this folder does not know both {wanted[:SHORT]} and {live[:SHORT]}"
    label = "; build it with the label org.opencontainers.image.revision" if setting == "image" else ""
    return f"the image names no commit{label}"
