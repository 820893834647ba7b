"""Who runs something, for the records."""

from __future__ import annotations

import getpass
import socket


def who() -> str:
    """User and host, at most 100 characters."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's uid without a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"[:100]
