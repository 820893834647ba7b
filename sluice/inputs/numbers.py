"""Numbers of an input object, each checked against its range. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.errors import GateError


def whole(raw: Mapping[str, Any], key: str, default: int, least: int, most: int, what: str) -> int:
    """A whole number of *raw*, or *default* where the key is absent. Raises GateError.

    Args:
        least, most: the range, both included.
        what: names the object in the message.
    """
    value = raw.get(key)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise GateError(f"{what}: {key} is {value!r}; it must be a whole number from {least} to {most}")
    return value


def number(raw: Mapping[str, Any], key: str, default: float, least: float, most: float, what: str) -> float:
    """The same for a number that may have decimals."""
    value = raw.get(key)
    if value is None:
        return default
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise GateError(f"{what}: {key} is {value!r}; it must be a number from {least:g} to {most:g}")
    return float(value)
