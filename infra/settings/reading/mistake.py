"""A wrong setting, in the words of whoever has to correct it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

ABSENT = object()
"""The value of a mistake about a setting that is not there at all."""

LONGEST_VALUE = 60
"""Characters of a wrong value that are shown; the key already says where the rest is."""


@dataclass(frozen=True)
class Mistake:
    """One wrong setting.

    key: path below the project's namespace, as `pulumi config set --path` takes it, e.g. `app.environment.LOG_LEVEL`.
    value: what was given, or ABSENT. remedy: what is wrong and what to write instead, as one sentence.
    """

    key: str
    value: Any
    remedy: str

    def __str__(self) -> str:
        if self.value is ABSENT:
            return f"{self.key}: {self.remedy}"
        return f"{self.key} = {shown(self.value)}: {self.remedy}"


class SettingsError(Exception):
    """The settings of a stack cannot be used; says every mistake that was found. file: where they are written."""

    def __init__(self, stack: str, mistakes: list[Mistake], file: str = "") -> None:
        self.mistakes = mistakes
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        head = f"{count} in the settings of stack {stack} ({file or f'Pulumi.{stack}.yaml'}); nothing was created:"
        super().__init__("\n".join([head, *(f"  {mistake}" for mistake in mistakes)]))


def shown(value: Any) -> str:
    """A wrong value as JSON on one line, shortened to LONGEST_VALUE characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
