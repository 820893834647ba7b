"""What exit codes mean.

Sources: POSIX shell (126, 127, 128 + n); ECS "Stopped tasks error messages" (OutOfMemoryError). A code of 126 or 127
only comes from a shell in the image: a command in exec form that does not exist gives no exit code at all, see
:mod:`sluice.diagnosis.start_failure`.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import NamedTuple


class Advice(NamedTuple):
    """What something usually means, and what to do about it."""

    cause: str
    remedy: str


NOT_EXECUTABLE = Advice(
    "the command was found in the image but could not be executed",
    "make it executable in the Dockerfile and check its interpreter line",
)
NOT_IN_IMAGE = Advice(
    "the command is not in the image",
    "install the migration CLI in the image's final stage; it is often only a development dependency",
)
OUT_OF_MEMORY = Advice("the container used more memory than it may", "raise the memory of the migration task")

SIDECAR = Advice(
    "a container beside the migration failed, and it is essential",
    "see its own log; mark it essential: false if the migration does not need it to the end",
)

_FAILED = Advice(
    "the command ran and reported a failure",
    "read the last lines below; fix the cause and run `pulumi up` again",
)
_EXITS: Mapping[int, Advice] = {
    1: _FAILED,
    2: Advice(
        "the command was called wrongly (shells and many CLIs use 2 for that; a Go program that panics as well)",
        "check the step's command against the CLI in the image, and read the last lines below",
    ),
    126: NOT_EXECUTABLE,
    127: NOT_IN_IMAGE,
    134: Advice(
        "the process aborted itself (SIGABRT): a failed assertion, or a runtime that found its memory used up",
        "read the last lines below for the fatal error; raise the memory of the migration task if it speaks of a heap",
    ),
    137: Advice(
        "the process was killed (SIGKILL) and ECS names no reason: its task ran out of memory, or something in the "
        "container killed it",
        "raise the memory of the migration task, or make the migration smaller",
    ),
    139: Advice(
        "the process crashed (SIGSEGV)",
        "look for a native library built for another system or architecture",
    ),
    143: Advice(
        "the process ended on SIGTERM, yet nobody asked ECS to stop the task: something in the container ended it",
        "look for a wrapper or a time limit in the image that ends the command",
    ),
    255: Advice(
        "the command ran and reported a failure, with -1 as its exit code (or its program is built for another "
        "architecture)",
        _FAILED.remedy,
    ),
}


TELLING = frozenset({137, 139, 143})
"""Codes that say more than a log can."""


def advice(code: int) -> Advice:
    """What the code usually means. Every code has an answer."""
    if code in _EXITS:
        return _EXITS[code]
    name = signal_name(code)
    if name:
        return Advice(f"the process was ended by {name}", "find out what sent the signal; read the last lines below")
    return _FAILED


def signal_name(code: int) -> str:
    """``SIGKILL`` for 137; empty when the code names no signal."""
    try:
        return signal.Signals(code - 128).name
    except ValueError:
        return ""
