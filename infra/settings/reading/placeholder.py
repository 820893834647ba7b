"""Placeholders: what a new user has to replace in the settings that this project brings along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from infra.settings.reading.mistake import Mistake

_FORM = re.compile(r"<[^<>]+>")
_TAG = re.compile(r"</?[a-z][a-z0-9]*( +[a-z-]+=[^<>]*)? */?>|<![^<>]*>", re.IGNORECASE)
_FREE = ("smoke.body", "app.environment.", "app.buildArgs.", "migrations[")
"""Settings with any text: a tag of HTML is none of ours there."""


def is_placeholder(value: object) -> bool:
    """Whether a value is a text in angle brackets, as a whole: `<account of staging>`."""
    return isinstance(value, str) and _FORM.fullmatch(value) is not None


def placeholders(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every placeholder below a value, with its key as `pulumi config set --path` takes it."""
    if is_placeholder(value):
        if not (key.startswith(_FREE) and _TAG.fullmatch(value)):
            yield key, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from placeholders(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from placeholders(part, f"{key}[{place}]")


def unfilled(given: Any) -> list[Mistake]:
    """One mistake for every placeholder that is left."""
    return [
        Mistake(key, value, "is a placeholder; write your own value, or try the stack first with `make rehearse`")
        for key, value in placeholders(given)
    ]
