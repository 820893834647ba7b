"""The name that a stack's resources share."""

from __future__ import annotations

import re


def prefix(project: str, stack: str) -> str:
    """`project-stack` in the letters that every AWS name allows: lower case, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", f"{project}-{stack}".lower()).strip("-")
