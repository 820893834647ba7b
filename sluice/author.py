"""The author of a run, a release or a hold, for the records."""

from __future__ import annotations

import getpass
import secrets
import socket
from dataclasses import dataclass, field

from sluice.clock import local_time

_BEGAN, _OWNER = local_time(), secrets.token_hex(8)


def author_name() -> str:
    """Return the user and host of this process, at most 100 characters."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's uid without a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"[:100]


@dataclass(frozen=True)
class Identity:
    """A deployer.

    Attributes:
        owner: nonce of this process; another process of the same user on the same host has another one.
        author: user and host.
        began: when the process began, seconds since the epoch by AWS's clock.
    """

    owner: str = _OWNER
    author: str = field(default_factory=author_name)
    began: float = _BEGAN


def identity(skew: float = 0.0) -> Identity:
    """Return the identity of this process.

    Args:
        skew: seconds that this machine's clock is behind AWS's.
    """
    return Identity(began=_BEGAN + skew)
