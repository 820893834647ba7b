"""How the program ends when it must not go on: with one clean error, before anything is created or changed."""

from __future__ import annotations

import sys
from typing import NoReturn

import pulumi

ALREADY_SAID = 32
"""Exit code by which a program tells Pulumi's Python language host that people have seen what is wrong: it then adds
neither a traceback nor a second error line, as it would for any exception."""


def told(error: Exception) -> str:
    """What went wrong in a call of the program's, without the engine's words about the call."""
    return str(error).rpartition("returned an error: ")[2].rstrip(". ")


def end(text: str) -> NoReturn:
    """Says what is wrong and what to do, and ends the program."""
    pulumi.log.error(text)
    sys.exit(ALREADY_SAID)
