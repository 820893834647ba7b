"""Ends the program on SIGINT without a traceback.

When an update fails, the engine ends the program with SIGINT, which the Python language host forwards. A
KeyboardInterrupt while the SDK waits would print about 75 lines of traceback before the engine's own message. The
engine has already reported the error, so the program exits with the code for that (pulumi-language-python-exec: 32).
"""

from __future__ import annotations

import os
import signal

REPORTED = 32


def end_quietly() -> None:
    """Make SIGINT end this process at once and without output."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(REPORTED))
