"""The names that a stack's resources share, and those by which the deployers' policies know them."""

from __future__ import annotations

from sluice.stack_names import LIMIT, deployer_path, prefix, promotable, releases_role, snapshots

__all__ = ["LIMIT", "boundary", "deployer_path", "prefix", "promotable", "releases_role", "role_path", "snapshots"]


def role_path(project: str, stack: str) -> str:
    """The IAM path of every role of a stack: so `iam:PassRole` can be granted on these and on no others."""
    return f"/{project}/{stack}/"


def boundary(project: str, stack: str) -> str:
    """The permissions boundary of a stack's roles, as the end of its ARN: path and name of the policy."""
    return f"{deployer_path(project)}{prefix(project, stack)}-boundary"
