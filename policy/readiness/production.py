"""Which stacks are production: `policy/production.json` names stacks and accounts, whatever their settings say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from .stack import PROVIDER, StackGraph, tags

PRODUCTION = "prod"
"""The environment with every rule. A stack that does not name its environment counts as production."""

OTHERS = ("local", "dev", "staging")
"""All other environments. Any other word counts as production."""

FILE = Path(__file__).parents[1] / "production.json"


@dataclass(frozen=True)
class Production:
    """How production is recognised.

    Attributes:
        stacks: names, or patterns of names, of stacks that are production.
        accounts: ids of accounts that hold only production.
    """

    stacks: Sequence[str] = ()
    accounts: Sequence[str] = ()

    def why(self, stack: StackGraph) -> str:
        """Return why a stack is production, whatever its settings say; empty when it may be something else."""
        if any(fnmatchcase(stack.name.lower(), pattern.lower()) for pattern in self.stacks):
            return f"{stack.name} is the name of a production stack"
        if here := sorted(stack.accounts & set(self.accounts)):
            return f"it is in the production account {', '.join(here)}"
        return ""

    @classmethod
    def parse(cls, said: Any) -> Production:
        """Parse the file's JSON. Raises ValueError naming what is wrong."""
        if not isinstance(said, Mapping) or set(said) - {"stacks", "accounts"}:
            raise ValueError(f"{FILE.name}: write an object with `stacks` and `accounts`, and nothing else")
        for key, values in said.items():
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                raise ValueError(f"{FILE.name}: {key}: write a list of texts")
        return cls(tuple(said.get("stacks", ())), tuple(said.get("accounts", ())))


@cache
def declared() -> Production:
    """Return what the file says. Raises ValueError naming what is wrong with it."""
    try:
        return Production.parse(json.loads(FILE.read_text(encoding="utf-8")))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{FILE} cannot be read: {error}") from None


def environment(stack: StackGraph, known: Production | None = None) -> str:
    """Return the environment to judge a stack by.

    What its AWS providers' tags say, when they agree and nothing contradicts them; else production.
    """
    environments = {str(tags(provider).get("Environment", PRODUCTION)) for provider in stack.of(PROVIDER)}
    [word, *others] = sorted(environments) or [PRODUCTION]
    if others or word not in OTHERS or (declared() if known is None else known).why(stack):
        return PRODUCTION
    return word
