"""Whether a change goes forward: from the live release to a newer one, from an engine's version to a supported one.
Pure."""

from __future__ import annotations

from sluice.finding import Finding, refused

SHORT = 12
"""Digits of a commit that are shown."""
LEAST = 7
"""Digits of a commit that name it."""


def older_build(
    wanted: str, live: str, ancestor: bool | None, allowed: str = "", setting: str = "app.context"
) -> Finding | None:
    """Return what to say of a build whose commit may be older than the live release's; None for nothing.

    Args:
        wanted, live: commits of the build and of the live release, without `-dirty`; empty where they are not known.
        ancestor: whether *wanted* is an ancestor of *live*; None where git cannot tell.
        allowed: the commit that the settings allow to be deployed all the same; seven digits or more.
        setting: which one names the build.
    """
    if not (wanted and live and ancestor) or wanted == live:
        return None
    if len(allowed) >= LEAST and wanted.startswith(allowed):
        return None
    newer = "check out the newer commit" if setting == "app.context" else "name a newer build"
    return refused(
        setting,
        f"commit {wanted[:SHORT]} is older than the live release's, {live[:SHORT]}, which contains it",
        "it may lack migrations that the live release ran, and would replace it on its schema",
        f"{newer}; to return to an earlier release set `rollback: sha256:…`; to deploy this commit all the same set "
        f"`app.allowOlder: {wanted[:SHORT]}`",
    )


def major_change(wanted: str, live: str, asked: str = "") -> Finding | None:
    """Return what to say of a change of PostgreSQL's major version; None for nothing.

    Args:
        wanted, live: major versions of the settings and of the live instance; empty where it is not known.
        asked: the major version that the settings ask to upgrade to.

    Source: "Upgrading the PostgreSQL DB engine" (RDS user guide): it takes the instance out of service, cannot be
    undone, and ModifyDBInstance refuses it without AllowMajorVersionUpgrade.
    """
    if not (wanted and live) or wanted == live:
        return None
    if int(wanted) < int(live):
        return refused(
            "database.version",
            f"the live instance has PostgreSQL {live}, and the settings say {wanted}",
            "RDS has no way to an older major version",
            f'write "{live}"; to have an older one restore a snapshot or a dump that was made with it',
        )
    if asked == wanted:
        return None
    return refused(
        "database.version",
        f"PostgreSQL {live} would become {wanted}, a major upgrade",
        "the database is out of service meanwhile, and there is no way back but a snapshot",
        f'take a snapshot, then set `database.upgrade: "{wanted}"` for this one `pulumi up`; without downtime use an '
        "RDS blue/green deployment",
    )


def unknown_order(wanted: str, live: str, setting: str) -> str:
    """Return why it cannot be said whether a build's commit is older than the live release's, in words."""
    if not live:
        return "the live release names no commit"
    if wanted:
        return f"git in this folder does not know both {wanted[:SHORT]} and {live[:SHORT]}"
    label = "; build it with the label org.opencontainers.image.revision" if setting == "image" else ""
    return f"the image names no commit{label}"
