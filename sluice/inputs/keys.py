"""The keys of an input object, which are its class's fields in Pulumi's spelling. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sluice.errors import GateError


def camel(name: str) -> str:
    """``task_definition`` as Pulumi spells it: ``taskDefinition``."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part.capitalize() for part in rest)


def keys_of(kind: type) -> tuple[str, ...]:
    """The keys of a dataclass of inputs, in the order of its fields."""
    return tuple(camel(field.name) for field in fields(kind))


def refuse_unknown(kind: type, raw: Mapping[str, Any], what: str) -> None:
    """Raise GateError for a key that *kind* does not have. what: names the object in the message."""
    known = keys_of(kind)
    unknown = sorted(raw.keys() - {*known})
    if unknown:
        raise GateError(f"{what}: unknown key {unknown[0]!r}; it has {', '.join(known)}")
