"""Messages of the provider protocol, from and to plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from sluice.protocol.resource import CheckFailure, Difference


def identity(request: Any) -> tuple[str, str]:
    """Return type token and name; from the URN where an older engine does not send them."""
    token = request.type or request.urn.split("::")[2].split("$")[-1]
    return token, request.name or request.urn.split("::", 3)[3]


def invoke_response(result: struct_pb2.Struct) -> provider_pb2.InvokeResponse:
    fields: dict[str, Any] = {"return": result}  # `return` is a keyword in Python
    return provider_pb2.InvokeResponse(**fields)


def check_failures(failures: Iterable[CheckFailure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in failures]


def diff_response(difference: Difference) -> provider_pb2.DiffResponse:
    some, none = (
        provider_pb2.DiffResponse.DIFF_SOME,
        provider_pb2.DiffResponse.DIFF_NONE,
    )
    return provider_pb2.DiffResponse(
        changes=some if difference.changes else none,
        diffs=difference.diffs,
        replaces=difference.replaces,
        deleteBeforeReplace=difference.delete_before_replace,
        detailedDiff=_detailed(difference),
        hasDetailedDiff=bool(difference.diffs or difference.replaces),
    )


def _detailed(difference: Difference) -> Mapping[str, provider_pb2.PropertyDiff]:
    update, replace = (
        provider_pb2.PropertyDiff.UPDATE,
        provider_pb2.PropertyDiff.UPDATE_REPLACE,
    )
    return {
        key: provider_pb2.PropertyDiff(kind=replace if key in difference.replaces else update, inputDiff=True)
        for key in {*difference.diffs, *difference.replaces}
    }
