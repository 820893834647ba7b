"""When two values of a property mean the same, and what a refresh makes of an input. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import reduce
from typing import Any

from emulator.plugins.aws.mapping import is_empty
from emulator.plugins.aws.merge import merge
from emulator.plugins.aws.property import Property
from sluice.protocol.values import contains_unknown


def canonical(value: Any) -> Any:
    """A form in which order of lists, empty members, and the type of scalars do not matter."""
    if isinstance(value, Mapping):
        return {key: canonical(item) for key, item in sorted(value.items()) if not is_empty(item)}
    if isinstance(value, list | tuple):
        return sorted(map(canonical, value), key=lambda item: json.dumps(item, sort_keys=True, default=str))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # AWS's doubles and the program's whole numbers
    return value if value is None else str(value)


def same(prop: Property, wanted: Any, current: Any) -> bool:
    """True when *current* already is what is *wanted* of *prop*. A value not known yet is never the same."""
    if contains_unknown(wanted) or contains_unknown(current):
        return False
    if is_empty(wanted) or is_empty(current):
        return is_empty(wanted) and is_empty(current)
    if prop.same is not None:
        return prop.same(wanted, current)
    if prop.json:
        return same_json(wanted, current)
    return bool(canonical(wanted) == canonical(current))


def same_json(left: Any, right: Any) -> bool:
    """Equality of two JSON documents; order inside lists counts, a list of one equals its element (IAM has both)."""
    return bool(_document(left) == _document(right))


def _document(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return _single(value)


def _single(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _single(item) for key, item in value.items()}
    if isinstance(value, list):
        return _single(value[0]) if len(value) == 1 else [_single(item) for item in value]
    return value


def refreshed(prop: Property, wanted: Any, seen: Any) -> Any:
    """An input after a refresh: as it was where reality means the same, else what the program manages of reality."""
    seen = managed(wanted, seen)
    if same(prop, wanted, seen):
        return wanted
    if seen is None and wanted in (False, 0, ""):
        return wanted  # AWS leaves out what is off
    return seen


def managed(wanted: Any, seen: Any) -> Any:
    """The part of *seen* that *wanted* speaks of: AWS adds members that the program never mentions."""
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping):
        return {key: managed(wanted[key], seen[key]) for key in wanted if key in seen}
    if isinstance(wanted, list) and isinstance(seen, list):
        items = [item for item in wanted if isinstance(item, Mapping)]
        if items:
            return [managed(reduce(merge, items), item) for item in seen]
    return seen
