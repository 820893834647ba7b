"""The name that a stack's resources share."""

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
