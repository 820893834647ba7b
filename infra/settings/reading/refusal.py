"""Ends the Pulumi program with one clear error, before it creates or changes a resource."""

from __future__ import annotations

import sys
from typing import NoReturn

import pulumi

ALREADY_REPORTED = 32
"""Exit code that tells Pulumi's Python language host that the error is already reported. For any exception the host
would add a traceback and a second error line."""


def told(error: Exception) -> str:
    """The text of an error of a provider call, without the engine's prefix about the call."""
    return str(error).rpartition("returned an error: ")[2].rstrip(". ")


def end(text: str) -> NoReturn:
    """Report an error and end the program. text: what failed, and how to fix it."""
    pulumi.log.error(text)
    sys.exit(ALREADY_REPORTED)
