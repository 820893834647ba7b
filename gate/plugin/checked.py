"""Checks of inputs that several resources have. Pure."""

from __future__ import annotations

from typing import Any

from gate.errors import GateError
from gate.names import Names
from gate.plugin.resource import CheckFailure
from gate.plugin.values import contains_unknown


def wrong_names(names: Any) -> list[CheckFailure]:
    """What is wrong with an image's names."""
    if names is None or contains_unknown(names):
        return []
    if not isinstance(names, dict):
        return [CheckFailure("names", f"is {names!r}; it must be an object with version and revision")]
    try:
        Names.parse(names)
    except GateError as error:
        return [CheckFailure("names", str(error))]
    return []
