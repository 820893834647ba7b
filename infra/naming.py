"""Name prefixes and paths of a stack's resources, which the deployers' policies refer to."""

from __future__ import annotations

from sluice.stack_names import LIMIT, deployer_path, prefix, promotable, releases_role, snapshots

__all__ = ["LIMIT", "boundary", "deployer_path", "prefix", "promotable", "releases_role", "role_path", "snapshots"]


def role_path(project: str, stack: str) -> str:
    """Return the IAM path of every role of a stack, so that `iam:PassRole` can be granted on these roles only."""
    return f"/{project}/{stack}/"


def boundary(project: str, stack: str) -> str:
    """Return path and name of the permissions boundary of a stack's roles, the end of its ARN."""
    return f"{deployer_path(project)}{prefix(project, stack)}-boundary"
