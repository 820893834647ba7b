"""docs/settings.md, made from the models: `python -m infra.settings.reading.document > docs/settings.md`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from infra.settings.settings import Settings

HEAD = """\
# Settings

<!-- Made by `python -m infra.settings.reading.document > docs/settings.md`; a test fails when it is stale. -->

Everything that differs between two stacks is said in `Pulumi.STACK.yaml`, below `config`. Keys without a namespace
belong to the project, whatever its name. Settings are checked whole before anything is created, and every mistake is
reported at once, with its key, its value and what to write instead ([wrong inputs](wrong-inputs.md)).

`pulumi config set --path service.min 3` changes one of them."""

KINDS: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def document() -> str:
    """The whole page, in Markdown."""
    return "\n\n".join([HEAD, *_sections("", Settings)]) + "\n"


def _sections(path: str, model: type[BaseModel]) -> Iterator[str]:
    """The section of a model, then those of the models in it. path: where its keys are, empty for the settings' own."""
    title = f"## `{path}`" if path else "## All"
    rows = [_row(field) for field in model.model_fields.values()]
    head = ["| key | kind | default | what it is |", "|---|---|---|---|"]
    yield "\n".join([title, "", _line(cleandoc(model.__doc__ or "")), "", *head, *rows])
    for field in model.model_fields.values():
        inner, listed = _model(field.annotation)
        if inner is not None:
            yield from _sections(f"{path}.{field.alias}".lstrip(".") + ("[]" if listed else ""), inner)


def _row(field: FieldInfo) -> str:
    limits = ", ".join(_limits(field.metadata))
    kind = _kind(field.annotation) + (f", {limits}" if limits else "")
    cells = (f"`{field.alias}`", kind, _default(field), _line(field.description or ""))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _kind(annotation: Any) -> str:
    """The kind of a value, for people."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        limits = ", ".join(_limits(parts[1:]))
        return _kind(parts[0]) + (f" ({limits})" if limits else "")
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(_kind(part) for part in parts if part is not NoneType)
    if origin is list:
        return f"list of {_kind(parts[0])}"
    if origin is dict:
        return "names to values"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping, see below"
    return KINDS[annotation]


def _limits(metadata: Any) -> Iterator[str]:
    """What a value must keep to, from pydantic's metadata of a field or type."""
    for limit in metadata:
        if isinstance(limit, FieldInfo):
            yield from _limits(limit.metadata)
        elif isinstance(limit, annotated_types.Ge):
            yield f"at least {limit.ge}"
        elif isinstance(limit, annotated_types.Le):
            yield f"at most {limit.le}"
        elif isinstance(limit, annotated_types.MinLen) and limit.min_length:
            yield "not empty"
        elif pattern := getattr(limit, "pattern", None):
            yield f"`{pattern}`"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined or value is None or value == {} or isinstance(value, BaseModel):
        return ""
    return f"`{json.dumps(value) if not isinstance(value, str) else value}`"


def _model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model that a field holds, and whether it is a list of it."""
    if get_origin(annotation) is Annotated:
        return _model(get_args(annotation)[0])
    if get_origin(annotation) is list:
        return _model(get_args(annotation)[0])[0], True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    return None, False


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.stdout.write(document())
