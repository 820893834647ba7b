"""The usual causes of exit codes.

Sources: POSIX shell (126, 127, 128 + n); ECS "Stopped tasks error messages" (OutOfMemoryError). A code of 126 or 127
only comes from a shell in the image: a command in exec form that does not exist gives no exit code at all, see
:mod:`sluice.diagnosis.start_failure`.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import NamedTuple


class Advice(NamedTuple):
    """A usual cause, and its remedy."""

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
OUT_OF_MEMORY = Advice("the container exceeded its memory limit", "raise the memory of the migration task")

SIDECAR = Advice(
    "an essential side-car container failed",
    "read the side-car's log; mark it essential: false if the migration does not need it until the end",
)

_FAILED = Advice(
    "the command ran and reported a failure",
    "read the last lines below; fix the cause and run `pulumi up` again",
)
_EXITS: Mapping[int, Advice] = {
    1: _FAILED,
    2: Advice(
        "the command was called with wrong arguments (shells and many CLIs exit with 2; a Go program that panics, too)",
        "check the step's command against the CLI in the image, and read the last lines below",
    ),
    126: NOT_EXECUTABLE,
    127: NOT_IN_IMAGE,
    134: Advice(
        "the process aborted itself (SIGABRT): a failed assertion, or a runtime that ran out of memory",
        "read the last lines below for the fatal error; raise the memory of the migration task if it names a heap",
    ),
    137: Advice(
        "the process was killed (SIGKILL) and ECS gives no reason: the task ran out of memory, or another process in "
        "the container killed it",
        "raise the memory of the migration task, or make the migration smaller",
    ),
    139: Advice(
        "the process crashed (SIGSEGV)",
        "look for a native library built for another system or architecture",
    ),
    143: Advice(
        "the process ended on SIGTERM without a request to ECS to stop the task: something in the container ended it",
        "look for a wrapper or a time limit in the image that ends the command",
    ),
    255: Advice(
        "the command ran and reported a failure, with -1 as its exit code (or its program is built for another "
        "architecture)",
        _FAILED.remedy,
    ),
}


TELLING = frozenset({137, 139, 143})
"""Codes that explain more than a log line does."""


def advice(code: int) -> Advice:
    """Return the usual cause of an exit code, and its remedy. Every code has one."""
    if code in _EXITS:
        return _EXITS[code]
    name = signal_name(code)
    if name:
        return Advice(f"the process was ended by {name}", "find out what sent the signal; read the last lines below")
    return _FAILED


def signal_name(code: int) -> str:
    """Return the signal's name, such as ``SIGKILL`` for 137; empty when the code stands for no signal."""
    try:
        return signal.Signals(code - 128).name
    except ValueError:
        return ""
