"""Which events an EventBridge pattern matches, as far as the program's patterns need it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether an event matches a pattern of exact values, `anything-but`, `prefix` and `$or`.

    Every field of the pattern must match, by any of its values. Of an array of objects, one element must match all
    fields of a nested pattern ("JSON Array Matching" in the README of AWS's library Event Ruler). A field that the
    event does not have matches nothing, `anything-but` included.
    """
    return all(_field(name, wanted, event) for name, wanted in pattern.items())


def _field(name: str, wanted: Any, event: Any) -> bool:
    if name == "$or":
        return any(matches(one, event) for one in wanted)
    if not isinstance(event, Mapping) or name not in event:
        return False
    found = event[name] if isinstance(event[name], list) else [event[name]]
    if isinstance(wanted, Mapping):
        return any(matches(wanted, one) for one in found)
    return any(_value(one, value) for one in wanted for value in found)


def _value(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(wanted == value)
    [(operator, operand)] = wanted.items()
    if operator == "prefix":
        return str(value).startswith(operand)
    if operator != "anything-but":
        raise ValueError(f"{operator} is not implemented here")
    return bool(value != operand)
