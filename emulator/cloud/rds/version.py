"""Which changes of an engine's version RDS takes. No MiniStack here.

Sources: see `major_version`.
"""

from __future__ import annotations


def refusal(current: str, wanted: str, *, allowed: bool) -> str:
    """Why an instance of one version is not changed to another; empty when it is.

    allowed: whether the call says AllowMajorVersionUpgrade.
    """
    before, after = int(current.partition(".")[0]), int(wanted.partition(".")[0])
    if before == after:
        return ""
    if after < before:
        return f"Cannot upgrade postgres from {current} to {wanted}"
    if not allowed:
        return "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
    return f"Cannot upgrade postgres from {current} to {wanted}: the local cloud converts no data directory"
