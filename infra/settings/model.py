"""What every settings model has in common: camelCase keys, no unknown key, no silent conversion."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationInfo
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError


class Model(BaseModel):
    """Base of all settings.

    Rules between two settings are written as a validator of the later one, which sees the earlier ones in `info.data`
    when they are right: so a mistake in one never hides the mistakes in the others.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True, validate_default=True)


def refused(remedy: str) -> PydanticCustomError:
    """An error of our own words, to be raised in a validator: what is wrong and what to write instead."""
    return PydanticCustomError("refused", "{remedy}", {"remedy": remedy})


def project_folder(info: ValidationInfo) -> Path:
    """The folder of Pulumi.yaml, against which relative paths in the settings are read."""
    return Path((info.context or {}).get("folder", "."))
