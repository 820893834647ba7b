"""How a step ends that did not do what it was asked."""

from __future__ import annotations


class Failed(Exception):
    """The text is for people: what broke, and what to do."""
