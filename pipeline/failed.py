"""The error of a pipeline step."""

from __future__ import annotations


class Failed(Exception):
    """A step failed; the message says what broke and what to do."""
