"""Placeholders like `<account of staging>`, which a new user replaces in the settings that come with this project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from infra.settings.reading.mistake import Mistake

PLACEHOLDER = re.compile(r"<[^<>]+>")
HTML_TAG = re.compile(r"</?[a-z][a-z0-9]*( +[a-z-]+=[^<>]*)? */?>|<![^<>]*>", re.IGNORECASE)
FREE_TEXT = ("smoke.body", "app.environment.", "app.buildArgs.", "migrations[")
"""Beginnings of the keys whose value is any text: an HTML tag is not a placeholder there."""


def is_placeholder(value: object) -> bool:
    """Whether a value is one text in angle brackets, like `<account of staging>`."""
    return isinstance(value, str) and PLACEHOLDER.fullmatch(value) is not None


def placeholders(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Key and text of every placeholder in a value. key: of the value, as `pulumi config set --path` takes it."""
    if is_placeholder(value):
        if not (key.startswith(FREE_TEXT) and HTML_TAG.fullmatch(value)):
            yield key, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from placeholders(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from placeholders(part, f"{key}[{index}]")


def unfilled(given: Any) -> list[Mistake]:
    """One mistake per placeholder that is not replaced."""
    return [
        Mistake(key, value, "is a placeholder; write your own value, or try the stack first with `make rehearse`")
        for key, value in placeholders(given)
    ]
