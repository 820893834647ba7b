"""Check: which inputs are taken, and the names and defaults that the program left out. Pure but for random names."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.mapping import flatten, unflatten
from emulator.plugins.aws.property import Name, Property
from sluice.protocol.resource import Checked, CheckFailure
from sluice.protocol.values import UNKNOWN, contains_unknown

DEFAULTS = "__defaults"
"""Where Pulumi's bridged providers keep the names of the inputs that they filled in themselves."""
_RANDOM_CHARACTERS = 7  # as the official provider


def check(entry: Entry, resource: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Checked:
    """The inputs as they will be used.

    Args:
        entry: the resource's type.
        resource: the resource's Pulumi name, from which AWS names are made.
        old: the inputs the engine remembers: a name given once is kept.
        new: the program's inputs.
    """
    flat = flatten(entry, new)
    failures = list(_unsupported(entry, flat))
    for extra, allowed in (("tags", entry.taggable), ("region", entry.regional)):
        if new.get(extra) is not None and not allowed:
            failures.append(_refusal(entry, extra))
    for name, prop in entry.properties.items():
        if prop.json and isinstance(flat.get(name), Mapping | list) and not contains_unknown(flat[name]):
            flat[name] = json.dumps(flat[name], sort_keys=True)
    defaults = []
    for name, prop in entry.properties.items():
        if prop.default is not None and name not in flat:
            flat[name] = prop.default
            defaults.append(name)
    if entry.name and entry.name.property not in flat:
        failures += _name(entry.name, resource, old, flat)
        defaults.append(entry.name.property)
    inputs = unflatten(flat) | {key: new[key] for key in ("tags", "region") if new.get(key) is not None}
    return Checked(inputs | {DEFAULTS: sorted(defaults)}, failures)


def _unsupported(entry: Entry, flat: Mapping[str, Any]) -> Iterator[CheckFailure]:
    for name, value in flat.items():
        prop = entry.properties.get(name)
        if prop is not None:
            yield from _inside(entry, name, prop, value)
        elif value is not UNKNOWN or not any(known.startswith(f"{name}.") for known in entry.properties):
            yield _refusal(entry, name)


def _inside(entry: Entry, path: str, prop: Property, value: Any) -> Iterator[CheckFailure]:
    if prop.block is None:
        return
    for at, element in enumerate(value) if isinstance(value, list) else [(None, value)]:
        where = path if at is None else f"{path}[{at}]"
        for name, item in element.items() if isinstance(element, Mapping) else ():
            if item is None:
                continue
            if name in prop.block:
                yield from _inside(entry, f"{where}.{name}", prop.block[name], item)
            else:
                yield _refusal(entry, f"{where}.{name}")


def _refusal(entry: Entry, property: str) -> CheckFailure:
    return CheckFailure(property, f"property {property} of {entry.token} is not supported by the local AWS provider")


def _name(naming: Name, resource: str, old: Mapping[str, Any], flat: dict[str, Any]) -> list[CheckFailure]:
    """Fill the name in: the one given before, else the resource's with random characters."""
    prefix = flat.get(naming.prefix)
    if naming.property in old.get(DEFAULTS, ()) and old.get(naming.prefix) == prefix and old.get(naming.property):
        flat[naming.property] = old[naming.property]
        return []
    if prefix is UNKNOWN:
        flat[naming.property] = UNKNOWN
        return []
    base = prefix if prefix is not None else f"{resource}-"
    if len(base) + _RANDOM_CHARACTERS > naming.limit:
        reason = f"'{base}' plus {_RANDOM_CHARACTERS} random characters is longer than AWS's {naming.limit}"
        return [CheckFailure(naming.property, f"{reason}: set {naming.property}, or give the resource a shorter name")]
    name = base + secrets.token_hex(_RANDOM_CHARACTERS)[:_RANDOM_CHARACTERS]
    flat[naming.property] = name.lower() if naming.lower else name
    return []
