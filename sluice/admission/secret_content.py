"""Whether a secret's value is what a task takes from it. Pure; the value itself is never part of an answer."""

from __future__ import annotations

import json


def wrong(key: str, text: str | None) -> str:
    """Return what is wrong with a secret's text (SecretString) for a task that takes *key* of it (empty: the whole
    text); empty when nothing is."""
    if text is None:
        return "it has no text (SecretString), only binary content, which ECS cannot pass on as a variable"
    if not key:
        return "" if text else "it is empty"
    try:
        content = json.loads(text)
    except ValueError:
        return f"it is no JSON, but the task takes its key {key!r}"
    if not isinstance(content, dict) or key not in content:
        return f"it has no key {key!r}: the task would not start"
    return ""
