"""The program's end on SIGINT.

When an update fails, the engine ends the program with SIGINT: the current Python language host passes it on, and a
KeyboardInterrupt in the middle of the SDK's waiting prints some 75 lines of traceback before the engine's own message.
The engine has said everything by then, so the program ends at once, with the code by which a language host says that
the error was reported already (pulumi-language-python-exec: 32).
"""

from __future__ import annotations

import os
import signal

REPORTED = 32


def end_quietly() -> None:
    """From here on SIGINT ends this process at once and without a word."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(REPORTED))
