"""What every settings model has in common: camelCase keys, no unknown key, no silent conversion."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationInfo
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

HIDDEN = "hidden"
"""Type of an error whose value is not shown: it may be a secret, or says nothing."""


class Model(BaseModel):
    """Base of all settings. The text below a field says what it is, with its unit; docs/settings.md is made from it.

    Rules between two settings are written as a validator of the later one, which sees the earlier ones in `info.data`
    when they are right: so a mistake in one never hides the mistakes in the others.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
        validate_default=True,
    )


def refused(remedy: str) -> PydanticCustomError:
    """An error of our own words, to be raised in a validator: what is wrong and what to write instead."""
    return PydanticCustomError("refused", "{remedy}", {"remedy": remedy})


def hidden(remedy: str) -> PydanticCustomError:
    """The same, for a value that must not be shown."""
    return PydanticCustomError(HIDDEN, "{remedy}", {"remedy": remedy})


def project_folder(info: ValidationInfo) -> Path:
    """The folder of Pulumi.yaml, against which relative paths in the settings are read."""
    return Path((info.context or {}).get("folder", "."))
