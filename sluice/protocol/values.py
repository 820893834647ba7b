"""Converts property maps between the engine's protobuf form and plain Python values.

The engine sends ``google.protobuf.Struct``s in which signatures mark secrets and unknowns. Inside a provider they are
plain Python: secrets are unwrapped (the names of their top-level keys are kept, so that the response seals them again),
unknowns are the sentinel :data:`UNKNOWN`, and integral floats are ints, because a Struct has doubles only and AWS's
APIs reject ``"desiredCount": 2.0``.

Source: the wire format's signatures in Pulumi's SDK, ``pulumi.runtime.rpc``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

_SIGNATURE: Final = rpc._special_sig_key
_SECRET: Final = rpc._special_secret_sig
_UNKNOWN_TEXT: Final = rpc.UNKNOWN


class _Unknown:
    """A value that is known only after the update."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value has no truth value; compare it with `is UNKNOWN`")


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class Decoded:
    """Properties as plain values.

    Attributes:
        secrets: names of the top-level properties that contain a secret at any depth.
    """

    properties: dict[str, Any]
    secrets: frozenset[str]


def decode(struct: struct_pb2.Struct) -> Decoded:
    """Convert the engine's properties into plain Python values."""
    properties: dict[str, Any] = {}
    secrets: set[str] = set()
    for key, value in struct.fields.items():
        properties[key], secret = _decode(value)
        if secret:
            secrets.add(key)
    return Decoded(properties, frozenset(secrets))


def _decode(value: struct_pb2.Value) -> tuple[Any, bool]:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields and fields[_SIGNATURE].string_value == _SECRET:
            return _decode(fields["value"])[0], True
        pairs = {key: _decode(item) for key, item in fields.items()}
        return {key: item for key, (item, _) in pairs.items()}, any(secret for _, secret in pairs.values())
    if kind == "list_value":
        items = [_decode(item) for item in value.list_value.values]
        return [item for item, _ in items], any(secret for _, secret in items)
    if kind == "string_value":
        return (UNKNOWN if value.string_value == _UNKNOWN_TEXT else value.string_value), False
    if kind == "number_value":
        number = value.number_value
        return (int(number) if number.is_integer() else number), False
    if kind == "bool_value":
        return value.bool_value, False
    return None, False


def encode(properties: Mapping[str, Any], secrets: Iterable[str] = ()) -> struct_pb2.Struct:
    """Convert plain values into the engine's form, with every key of *secrets* sealed."""
    sealed = frozenset(secrets)
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        encoded = _encode(value)
        if key in sealed and value is not None:
            envelope = struct_pb2.Struct()
            envelope.fields[_SIGNATURE].string_value = _SECRET
            envelope.fields["value"].CopyFrom(encoded)
            encoded = struct_pb2.Value(struct_value=envelope)
        struct.fields[key].CopyFrom(encoded)
    return struct


def _encode(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=_UNKNOWN_TEXT)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=float(value))
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=encode(value))
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encode(item) for item in items]))
    raise TypeError(f"a property cannot hold a {type(value).__name__}: {value!r}")


def contains_unknown(value: Any) -> bool:
    """Return whether *value* is unknown or contains an unknown at any depth."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(contains_unknown(item) for item in value)
    return False
