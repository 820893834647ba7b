"""Rules and their violations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from .production import PRODUCTION
from .stack import StackGraph, StackResource


class RuleScope(Enum):
    """Where a rule is mandatory. Elsewhere it is only reported."""

    EVERYWHERE = "every stack"
    PRODUCTION = "prod"


@dataclass(frozen=True)
class Violation:
    """A violation of a rule.

    Attributes:
        about: URN of the resource, None for the stack as a whole.
        text: what is wrong with it.
    """

    about: str | None
    text: str


Judged = Iterable[str]
"""What is wrong; empty when nothing is."""


@dataclass(frozen=True)
class PolicyRule:
    """A rule with exactly one of `each` and `whole`.

    `each` judges every resource of `types` by itself, before it is created. `whole` judges the stack, for what is
    missing or depends on several resources.

    Attributes:
        name: unique, in kebab case.
        says: the rule as a sentence.
        remedy: how to fix a violation.
    """

    name: str
    says: str
    remedy: str
    scope: RuleScope
    types: Sequence[str] = ()
    each: Callable[[StackResource], Judged] | None = None
    whole: Callable[[StackGraph], Iterable[Violation]] | None = None

    def __post_init__(self) -> None:
        if (self.each is None) is (self.whole is None) or bool(self.types) is (self.each is None):
            raise ValueError(f"{self.name}: either `each` with its types, or `whole`")

    def judge(self, stack: StackGraph) -> list[Violation]:
        """Return all violations of this rule in a stack, whatever its environment."""
        if self.whole is not None:
            return list(self.whole(stack))
        return [
            Violation(one.urn, text)
            for one in stack.of(*self.types)
            if self.each is not None
            for text in self.each(one)
        ]

    def mandatory(self, environment: str) -> bool:
        """Return whether a violation must stop a deployment to this environment."""
        return self.scope is RuleScope.EVERYWHERE or environment == PRODUCTION
