"""The program's properties to an operation's members and back. Pure: botocore's shapes are read, nothing is called."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel, Shape

from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.property import UNSEEN, Flat, Members, Operation, Property
from sluice.protocol.values import UNKNOWN


@lru_cache
def _service(service: str) -> tuple[ServiceModel, dict[str, str]]:
    model = botocore.session.get_session().get_service_model(service)
    return model, {xform_name(name): name for name in model.operation_names}


def model(service: str, method: str) -> OperationModel:
    """botocore's model of the operation behind a client's *method*. Raises KeyError where there is none."""
    service_model, methods = _service(service)
    return service_model.operation_model(methods[method])


# -- blocks


def flatten(entry: Entry, inputs: Mapping[str, Any]) -> Flat:
    """Take tabled blocks apart; ``__defaults``, ``tags`` and ``region``, which are no table's matter, are left out."""
    blocks = {name.split(".")[0] for name in entry.properties if "." in name}
    flat: Flat = {}
    for name, value in inputs.items():
        if name in ("__defaults", "tags", "region") or value is None:
            continue
        if name in blocks and isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": item for inner, item in value.items() if item is not None}
        else:
            flat[name] = value
    return flat


def unflatten(flat: Mapping[str, Any]) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for name, value in flat.items():
        block, _, inner = name.partition(".")
        if inner:
            inputs.setdefault(block, {})[inner] = value
        else:
            inputs[name] = value
    return inputs


# -- to AWS


def member_of(shape: Shape, name: str) -> str:
    """The member of a structure that is called *name*, whatever its case. Raises KeyError where there is none."""
    for member in shape.members:
        if member.lower() == name.lower():
            return str(member)
    raise KeyError(f"{shape.name} has no member {name}")


def path_of(name: str, prop: Property, changing: bool) -> str:
    return (prop.changed if changing and prop.changed else prop.at) or name.split(".")[-1]


def top(shape: Shape, path: str) -> str:
    """The top-level member that a path leads into."""
    return member_of(shape, path.split(".")[0].removesuffix("[]"))


def place(params: Members, shape: Shape, path: str, value: Any, prop: Property) -> None:
    """Put *value* where *path* leads, creating what is on the way."""
    head, _, rest = path.partition(".")
    member = member_of(shape, head.removesuffix("[]"))
    inner = shape.members[member]
    if not head.endswith("[]"):
        if rest:
            place(params.setdefault(member, {}), inner, rest, value, prop)
        else:
            params[member] = convert(value, prop, inner)
    elif rest:
        place(params.setdefault(member, [{}])[0], inner.member, rest, value, prop)
    else:
        params[member] = [convert(value, prop, inner.member)]


def convert(value: Any, prop: Property, shape: Shape) -> Any:
    """A property's value in the form that the shape asks for."""
    if isinstance(value, bool | str) and value in prop.values:
        value = prop.values[value]
    kind = shape.type_name
    if kind == "string":
        return text(value)
    if prop.json and isinstance(value, str):
        return json.loads(value)
    if prop.pairs and isinstance(value, Mapping):
        return [{"Name": name, "Value": text(item)} for name, item in sorted(value.items())]
    if kind == "list":
        return [convert(item, prop, shape.member) for item in (value if isinstance(value, list) else [value])]
    if kind == "structure":
        value = value[0] if isinstance(value, list) else value  # `Property.listed`
        params: Members = {}
        for name, item in value.items():
            sub = (prop.block or {}).get(name, Property())
            if item is not None:
                place(params, shape, sub.at or name, item, sub)
        return params
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("double", "float"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else text(value) == "true"
    return value


def text(value: Any) -> str:
    """A scalar as AWS's string-typed members and attributes want it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def parameters(
    entry: Entry, operation: Operation, flat: Mapping[str, Any], names: Iterable[str], changing: bool
) -> Members:
    """The part of an operation's parameters that comes from the properties *names*."""
    shape = model(entry.service, operation.method).input_shape
    params: Members = {}
    if operation.attributes:
        pairs = [{"Key": entry.properties[name].at, "Value": text(flat[name])} for name in names]
        return {operation.attributes: pairs} if pairs else {}
    for name in names:
        prop = entry.properties[name]
        place(params, shape, path_of(name, prop, changing), flat[name], prop)
    return params


# -- from AWS


def value_at(item: Any, path: str) -> Any:
    """What is at *path*, names in whatever case; None where nothing is."""
    for head in path.split("."):
        name, many = head.removesuffix("[]").lower(), head.endswith("[]")
        if not isinstance(item, Mapping):
            return None
        item = next((value for key, value in item.items() if key.lower() == name), None)
        if many:
            item = item[0] if item else None
    return item


def receive(entry: Entry, item: Members, name: str) -> Any:
    """The property *name* as the observed item shows it; None where it does not."""
    prop = entry.properties[name]
    if prop.seen == UNSEEN and prop.seen is not None:
        return None
    if prop.by and entry.operations[prop.by].attributes and prop.seen is None:
        return _parsed(item.get("Attributes", {}).get(prop.at))
    raw = jmespath.search(prop.seen, item) if prop.seen else value_at(item, path_of(name, prop, False))
    value = from_aws(raw, prop)
    return [value] if prop.listed and value is not None else value


def from_aws(raw: Any, prop: Property) -> Any:
    """AWS's value in the program's terms."""
    if prop.json and isinstance(raw, Mapping | list):
        return json.dumps(raw, sort_keys=True, default=str)
    if prop.pairs and isinstance(raw, list):
        return {pair["Name"]: pair["Value"] for pair in raw}
    if isinstance(raw, list):
        return [from_aws(element, prop) for element in raw]
    if isinstance(raw, Mapping) and prop.block:
        seen = {name: from_aws(value_at(raw, sub.at or name), sub) for name, sub in prop.block.items()}
        return {name: value for name, value in seen.items() if value is not None}
    if isinstance(raw, datetime):
        return raw.isoformat()
    if isinstance(raw, str | bool):
        return next((ours for ours, theirs in prop.values.items() if theirs == raw), raw)
    return raw


def _parsed(value: str | None) -> Any:
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value is not None and value.isdecimal() else value


def is_empty(value: Any) -> bool:
    """True for what a program may write instead of nothing."""
    return value is not UNKNOWN and (value is None or value == [] or value == {})
