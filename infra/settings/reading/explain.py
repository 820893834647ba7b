"""Turns pydantic's errors into mistakes with a remedy."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from infra.settings.reading.mistake import ABSENT, Mistake
from infra.settings.values.model import HIDDEN

Location: TypeAlias = tuple[int | str, ...]
"""Keys and list indexes from the settings down to a value."""

WRONG_TYPES: dict[str, str] = {
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of settings",
    "model_attributes_type": "must be a mapping of settings",
}
"""Remedy for a value of the wrong type, by pydantic's error type."""

WRONG_RANGES: dict[str, Callable[[dict[str, Any]], str]] = {
    "greater_than_equal": lambda limit: f"must be at least {limit['ge']}",
    "less_than_equal": lambda limit: f"must be at most {limit['le']}",
    "too_short": lambda limit: (
        f"must have at least {limit['min_length']} {'entry' if limit['min_length'] == 1 else 'entries'}"
    ),
    "string_too_short": lambda limit: "must not be empty",
    "string_too_long": lambda limit: f"must have at most {limit['max_length']} characters",
    "string_pattern_mismatch": lambda limit: f"must match {limit['pattern']}",
    "literal_error": lambda limit: f"must be {limit['expected']}",
}
"""Remedy for a value out of range, by pydantic's error type; takes the error's context."""

SECRET_KEYS = ("password", "passwd", "token", "credential", "secretkey")
"""Parts of keys whose value is probably a secret, in lower case."""


def mistake(root: type[BaseModel], error: ErrorDetails) -> Mistake:
    """Describe one error of pydantic. root: the model of all settings."""
    if error["loc"][-1] == "[key]":  # The name of an entry is wrong, not its value.
        return Mistake(path(error["loc"][:-1]), ABSENT, error["msg"])
    key = path(with_aliases(root, error["loc"]))
    kind, context = error["type"], error.get("ctx", {})
    value = ABSENT if kind == HIDDEN or may_be_secret(error["loc"], kind) else error["input"]
    if kind == "missing":
        return Mistake(key, ABSENT, "is required; add it to the stack's settings")
    if kind == "extra_forbidden":
        return Mistake(path(error["loc"]), value, unknown(root, error["loc"]))
    if kind in WRONG_TYPES:
        return Mistake(key, value, WRONG_TYPES[kind])
    if kind in WRONG_RANGES:
        return Mistake(key, value, WRONG_RANGES[kind](context))
    return Mistake(key, value, error["msg"])


def may_be_secret(location: Location, kind: str) -> bool:
    """Whether a wrong value may be a secret in the wrong place. A refused reference (kind `refused`) is not secret."""
    if "secrets" in location and kind != "refused":
        return True
    return any(part in str(location[-1]).lower() for part in SECRET_KEYS)


def path(location: Location) -> str:
    """A location as `pulumi config set --path` takes it, like `migrations[0].command`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def with_aliases(root: type[BaseModel], location: Location) -> Location:
    """A location with the keys of Pulumi.STACK.yaml. For a default, pydantic reports the Python name of the field."""
    annotation: Any = root
    keys: list[int | str] = []
    for part in location:
        fields = getattr(annotation, "model_fields", {})
        field = next((one for name, one in fields.items() if part in (name, one.alias)), None)
        keys.append(field.alias if field and field.alias else part)
        annotation = field.annotation if field else next(iter(get_args(annotation)), None)
    return tuple(keys)


def unknown(root: type[BaseModel], location: Location) -> str:
    """Remedy for an unknown key: the nearest known key, or all of them."""
    known = known_keys(root, location[:-1])
    near = get_close_matches(str(location[-1]), known, n=1)
    if near:
        return f"there is no such setting; did you mean {near[0]}?"
    return f"there is no such setting; remove it (known here: {', '.join(known)})"


def known_keys(root: type[BaseModel], location: Location) -> list[str]:
    """The keys of the model at a location."""
    annotation: Any = root
    for part in location:
        if isinstance(part, int):
            annotation = get_args(annotation)[0]
        else:
            fields = annotation.model_fields.values()
            annotation = next(field.annotation for field in fields if field.alias == part)
    return [field.alias or name for name, field in annotation.model_fields.items()]
