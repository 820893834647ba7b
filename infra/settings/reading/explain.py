"""Pydantic's findings, turned into mistakes with a remedy."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from infra.settings.reading.mistake import ABSENT, Mistake
from infra.settings.values.model import HIDDEN

KINDS: dict[str, str] = {
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of settings",
    "model_attributes_type": "must be a mapping of settings",
}
"""What to write for a value of the wrong kind, by pydantic's error type."""

RANGES: dict[str, Callable[[dict[str, Any]], str]] = {
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
"""What to write for a value out of bounds, by pydantic's error type; given the error's context."""


def mistake(root: type[BaseModel], error: ErrorDetails) -> Mistake:
    """One finding about settings of the model `root`, in the words of whoever has to correct them."""
    if error["loc"][-1] == "[key]":  # the name of an entry is wrong, not its value
        return Mistake(path(error["loc"][:-1]), ABSENT, error["msg"])
    key = path(written(root, error["loc"]))
    kind, context = error["type"], error.get("ctx", {})
    value = ABSENT if kind == HIDDEN or _secret(error["loc"], kind) else error["input"]
    if kind == "missing":
        return Mistake(key, ABSENT, "is required; add it to the stack's settings")
    if kind == "extra_forbidden":
        return Mistake(path(error["loc"]), value, unknown(root, error["loc"]))
    if kind in KINDS:
        return Mistake(key, value, KINDS[kind])
    if kind in RANGES:
        return Mistake(key, value, RANGES[kind](context))
    return Mistake(key, value, error["msg"])


def _secret(location: tuple[int | str, ...], kind: str) -> bool:
    """Whether a wrong value may be a secret that somebody wrote where it does not belong; references are none."""
    if "secrets" in location and kind != "refused":
        return True
    return any(word in str(location[-1]).lower() for word in ("password", "passwd", "token", "credential", "secretkey"))


def path(location: tuple[int | str, ...]) -> str:
    """A finding's place in the notation of `pulumi config set --path`: `migrations[0].command`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def written(root: type[BaseModel], location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The same place with every setting as people write it: of a default, pydantic says Python's name."""
    annotation: Any = root
    said: list[int | str] = []
    for part in location:
        fields = getattr(annotation, "model_fields", {})
        field = next((one for name, one in fields.items() if part in (name, one.alias)), None)
        said.append(field.alias if field and field.alias else part)
        annotation = field.annotation if field else next(iter(get_args(annotation)), None)
    return tuple(said)


def unknown(root: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """What to do about a key that is no setting: the nearest name, or all of them."""
    known = names(root, location[:-1])
    near = get_close_matches(str(location[-1]), known, n=1)
    if near:
        return f"there is no such setting; did you mean {near[0]}?"
    return f"there is no such setting; remove it (known here: {', '.join(known)})"


def names(root: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that the model at a place knows."""
    annotation: Any = root
    for part in location:
        if isinstance(part, int):
            annotation = get_args(annotation)[0]
        else:
            fields = annotation.model_fields.values()
            annotation = next(field.annotation for field in fields if field.alias == part)
    return [field.alias or name for name, field in annotation.model_fields.items()]
