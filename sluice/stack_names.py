"""Names that the program, the gate and `make bootstrap` must agree on. Pure."""

from __future__ import annotations

import hashlib
import re

LIMIT = 36
"""Characters: IAM allows 64 for a role, of which `-migration-execution` and Pulumi's own suffix take 28."""


def prefix(project: str, stack: str) -> str:
    """`project-stack` in the letters that every AWS name allows: lower case, digits and single hyphens.

    A name longer than LIMIT is cut, and a hash of the whole keeps it apart from others that begin alike.
    """
    name = re.sub(r"[^a-z0-9]+", "-", f"{project}-{stack}".lower()).strip("-")
    if len(name) <= LIMIT:
        return name
    return f"{name[: LIMIT - 7].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def snapshots(project: str, stack: str) -> str:
    """How the names of a stack's snapshots begin, before the number of the run
    (sluice/migration/snapshot/snapshot_name.py)."""
    return re.sub(r"[^a-z0-9]+", "-", f"sluice-{project}-{stack}".lower()).strip("-")


def deployer_path(project: str) -> str:
    """The IAM path of what `make bootstrap` makes: no stack's path begins like it, so that no deployer may change what
    bounds it."""
    return f"/{project}-bootstrap/"


def promotable(project: str, stack: str) -> str:
    """The parameter in which a stack says what it has released last, for the stacks that promote from it."""
    return f"/sluice/{project}/{stack}/promotable"


def releases_role(project: str, stack: str) -> str:
    """The role that reads this parameter for other accounts, as the end of its ARN: path and name."""
    return f"{deployer_path(project)}{prefix(project, stack)}-releases"
