"""What IAM decides about one request, by the policies of one principal.

Sources in the IAM user guide: "Policy evaluation logic", "IAM JSON policy elements: Condition operators", "Multivalued
context keys". A key that a request does not have makes a condition false, except with `…IfExists`, `Null` and negated
operators.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bootstrap.statement import IamStatement, document

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """One call. action: `s3:GetObject`. resource: ARN, or `*` for an action that knows none. context: condition keys
    that IAM has for it."""

    action: str
    resource: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)


def policy(statements: Sequence[IamStatement]) -> Policy:
    """The policy that IAM gets."""
    found = json.loads(document(statements))
    assert isinstance(found, dict)
    return found


def allowed(request: Request, policies: Iterable[Policy], boundary: Iterable[Policy] | None = None) -> bool:
    """Whether the principal's policies allow it, and its permissions boundary where it has one."""
    limit = list(boundary) if boundary is not None else None
    given = list(policies)
    if any(_matches(one, request, "Deny") for one in [*given, *(limit or [])]):
        return False
    return any(_matches(one, request, "Allow") for one in given) and (
        limit is None or any(_matches(one, request, "Allow") for one in limit)
    )


def _matches(document: Policy, request: Request, effect: str) -> bool:
    return any(
        one["Effect"] == effect
        and any(_like(request.action.lower(), pattern.lower()) for pattern in _listed(one["Action"]))
        and any(_like(request.resource, pattern) for pattern in _listed(one.get("Resource", "*")))
        and all(
            _holds(operator, key, _listed(wanted), request.context)
            for operator, keys in one.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
        for one in _listed(document["Statement"])
    )


def _holds(operator: str, key: str, wanted: list[Any], context: Mapping[str, str | list[str]]) -> bool:
    known = {name.lower(): value for name, value in context.items()}
    given = known.get(key.lower())
    quantifier, _, plain = operator.rpartition(":")
    optional = plain.endswith("IfExists")
    plain = plain.removesuffix("IfExists")
    if plain == "Null":
        return (given is None) == (str(wanted[0]).lower() == "true")
    if given is None:
        return optional or quantifier == "ForAllValues" or "Not" in plain
    compare: Callable[[str, str], bool] = {
        "StringEquals": lambda value, one: value == one,
        "StringNotEquals": lambda value, one: value == one,
        "StringLike": _like,
        "StringNotLike": _like,
        "ArnEquals": _like,
        "ArnLike": _like,
        "ArnNotLike": _like,
        "Bool": lambda value, one: value.lower() == str(one).lower(),
    }[plain]

    def one(value: str) -> bool:
        found = any(compare(value, str(text)) for text in wanted)
        return not found if "Not" in plain else found

    values = _listed(given)
    return all(map(one, values)) if quantifier == "ForAllValues" else any(map(one, values))


def _like(text: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
