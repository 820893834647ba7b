"""A wrong setting, described for the person who corrects it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

ABSENT = object()
"""Value of a mistake whose setting is missing, or whose value is not shown."""

LONGEST_VALUE = 60
"""Characters of a wrong value that are shown; the key tells where the rest is."""


@dataclass(frozen=True)
class Mistake:
    """One wrong setting.

    Attributes:
        key: path as `pulumi config set --path` takes it, like `app.environment.LOG_LEVEL`.
        value: the wrong value, or ABSENT.
        remedy: what is wrong, and what to write instead.
    """

    key: str
    value: Any
    remedy: str

    def __str__(self) -> str:
        if self.value is ABSENT:
            return f"{self.key}: {self.remedy}"
        return f"{self.key} = {shown(self.value)}: {self.remedy}"


class SettingsError(Exception):
    """The settings of a stack are wrong. The message lists every mistake.

    Args:
        stack: name of the stack.
        mistakes: at least one.
        file: where the settings are; empty for `Pulumi.STACK.yaml`.
    """

    def __init__(self, stack: str, mistakes: list[Mistake], file: str = "") -> None:
        self.mistakes = mistakes
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        head = f"{count} in the settings of stack {stack} ({file or f'Pulumi.{stack}.yaml'}); nothing was created:"
        super().__init__("\n".join([head, *(f"  {mistake}" for mistake in mistakes)]))


def shown(value: Any) -> str:
    """A wrong value as JSON on one line, truncated to LONGEST_VALUE characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
