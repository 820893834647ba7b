"""Names that the Pulumi program, the gate and `make bootstrap` share. Pure."""

from __future__ import annotations

import hashlib
import re

LIMIT = 36
"""Characters: IAM allows 64 for a role, of which `-migration-execution` and Pulumi's own suffix take 28."""


def prefix(project: str, stack: str) -> str:
    """`project-stack` in the letters that every AWS name allows: lower case, digits and single hyphens.

    A name longer than LIMIT is cut, and a hash of the whole name keeps it unique.
    """
    name = re.sub(r"[^a-z0-9]+", "-", f"{project}-{stack}".lower()).strip("-")
    if len(name) <= LIMIT:
        return name
    return f"{name[: LIMIT - 7].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def snapshots(project: str, stack: str) -> str:
    """Return the prefix of a stack's snapshot names; the run's number follows
    (sluice/migration/snapshot/snapshot_name.py)."""
    return re.sub(r"[^a-z0-9]+", "-", f"sluice-{project}-{stack}".lower()).strip("-")


def deployer_path(project: str) -> str:
    """Return the IAM path of what `make bootstrap` creates.

    No stack's path begins with it, so that no deployer can change its own limits.
    """
    return f"/{project}-bootstrap/"


def promotable(project: str, stack: str) -> str:
    """Return the parameter that holds a stack's latest release, for the stacks that promote from it."""
    return f"/sluice/{project}/{stack}/promotable"


def releases_role(project: str, stack: str) -> str:
    """Return the end of the ARN (path and name) of the role that reads this parameter for other accounts."""
    return f"{deployer_path(project)}{prefix(project, stack)}-releases"
