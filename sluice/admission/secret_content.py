"""Checks that a secret's value has what a task reads from it. Pure; the value itself is never part of a result."""

from __future__ import annotations

import json


def wrong(key: str, text: str | None) -> str:
    """Return what is wrong with a secret's text (SecretString) for a task; empty when nothing is.

    Args:
        key: the JSON key that the task reads; empty for the whole text.
        text: the SecretString; None where the secret has none.
    """
    if text is None:
        return "it has only binary content and no text (SecretString), and ECS cannot pass binary content to a variable"
    if not key:
        return "" if text else "it is empty"
    try:
        content = json.loads(text)
    except ValueError:
        return f"it is not JSON, but the task reads its key {key!r}"
    if not isinstance(content, dict) or key not in content:
        return f"it has no key {key!r}: the task cannot start"
    return ""
