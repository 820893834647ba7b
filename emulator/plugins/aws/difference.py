"""Diff: what changed between the inputs of the last update and the new ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.plugins.aws import tags
from emulator.plugins.aws.checking import DEFAULTS
from emulator.plugins.aws.comparison import canonical, same
from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.mapping import flatten, is_empty
from emulator.plugins.aws.property import REFUSE, Flat, Property
from sluice.protocol.resource import Difference, Properties, Refused, ResourceState

_GROUP = Property()


def changed(entry: Entry, before: Flat, after: Flat) -> list[str]:
    """Names of the properties that differ."""
    keys = sorted(before.keys() | after.keys())
    return [key for key in keys if not same(entry.properties.get(key, _GROUP), after.get(key), before.get(key))]


def without_ignored(old: Properties, new: Properties, ignored: Iterable[str]) -> Properties:
    """The inputs of *new*, where a property whose changes are ignored is as in *old*.

    In an update the engine does this itself. In a refresh it leaves it to the provider: what somebody else changed of
    such a property is no drift. Only whole properties: the official provider ignores paths below them unreliably.
    """
    kept = {name: old[name] for name in ignored if name in old}
    return {name: value for name, value in new.items() if name not in {*ignored}} | kept


def difference(
    entry: Entry, name: str, old: ResourceState, new: Mapping[str, Any], region: str, default: Mapping[str, str]
) -> Difference:
    """What an update would do.

    Args:
        name: the resource's Pulumi name, for messages.
        region, default: the provider's region and default tags.

    Raises:
        Refused: a property was removed, or changed, that can be neither unset nor changed here.
    """
    before, after = flatten(entry, old.inputs), flatten(entry, new)
    keys = changed(entry, before, after)
    replaces = [key for key in keys if _replaces(entry, key)]
    was = old.outputs.get("region") or old.inputs.get("region")
    if entry.regional and was and was != new.get("region", region):
        keys.append("region")
        replaces.append("region")
    if not replaces:
        refuse(entry, name, keys, after)
    if entry.taggable and canonical(tags.wanted(new.get("tags"), default)) != canonical(old.outputs.get("tagsAll", {})):
        keys.append("tags" if canonical(new.get("tags")) != canonical(old.inputs.get("tags")) else "tagsAll")
    return Difference(
        changes=bool(keys), diffs=keys, replaces=replaces,
        delete_before_replace=bool(replaces) and _name_stays(entry, before, after, new),
    )  # fmt: skip


def _replaces(entry: Entry, key: str) -> bool:
    if key in entry.properties:
        return entry.properties[key].replace
    return any(prop.replace for name, prop in entry.properties.items() if name.startswith(f"{key}."))  # unknown block


def refuse(entry: Entry, name: str, keys: Iterable[str], after: Flat) -> None:
    """Raise Refused where a change of *keys* cannot be made: silence would keep the old value."""
    for key in keys:
        prop = entry.properties.get(key, _GROUP)
        if prop.fixed:
            raise Refused(f"{name}: the local AWS provider cannot change {key} of {entry.token}")
        gone = is_empty(after.get(key))
        if gone and key in entry.properties and prop.unset is REFUSE and not prop.local:
            raise Refused(
                f"{name}: {key} was removed from the program, and the local AWS provider cannot unset it; "
                "give it the value it should have"
            )


def _name_stays(entry: Entry, before: Flat, after: Flat, new: Mapping[str, Any]) -> bool:
    """True when the old resource holds a name, given by the program, that the new one needs."""
    if entry.name is None or entry.name.property in new.get(DEFAULTS, ()):
        return False
    return bool(before.get(entry.name.property) == after.get(entry.name.property))
