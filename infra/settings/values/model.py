"""The base of every settings model: camelCase keys, no unknown keys, no silent conversion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

HIDDEN = "hidden"
"""Type of an error that is reported without the wrong value."""


class Model(BaseModel):
    """Base of all settings models.

    The text below a field describes it, with its unit; docs/settings.md is generated from it. A rule between two
    settings is a validator of the later one. It sees the earlier ones in `info.data` if they are valid, so a mistake in
    one setting never hides a mistake in another.
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
    """Return the error of a validator that refuses a value. remedy: what is wrong, and what to write instead."""
    return PydanticCustomError("refused", "{remedy}", {"remedy": remedy})


def hidden(remedy: str) -> PydanticCustomError:
    """Return the same error for a value that is not shown: it may be a secret, or it adds nothing to the message."""
    return PydanticCustomError(HIDDEN, "{remedy}", {"remedy": remedy})


def matching(pattern: str, remedy: str) -> AfterValidator:
    """Return a validator of text that the whole of *pattern* must match. remedy: of the error that refuses others."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise refused(remedy)
        return text

    return AfterValidator(check)


def repeated(values: Sequence[str]) -> str:
    """The values that a list has more than once, sorted and joined by commas; empty if there are none."""
    return ", ".join(sorted({value for value in values if values.count(value) > 1}))


def project_folder(info: ValidationInfo) -> Path:
    """The folder of Pulumi.yaml. Relative paths in the settings start there."""
    return Path((info.context or {}).get("folder", "."))
