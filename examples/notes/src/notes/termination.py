"""SIGTERM before a server has its own handling of it.

A container's first process ignores SIGTERM unless it installs a handler (the kernel gives process 1 no default action),
so commands install this one before their slow imports.
"""

import signal
from types import FrameType

EXIT_CODE = 128 + signal.SIGTERM
"""143: what a shell and Amazon ECS report for a process that SIGTERM ended."""


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived.

    A KeyboardInterrupt, because the database driver then also cancels the statement that is running on the server.
    """


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def install() -> None:
    """Make SIGTERM raise Terminated in the main thread, wherever it is."""
    signal.signal(signal.SIGTERM, _terminate)
