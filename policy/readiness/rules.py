"""All rules, by subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import access, alarms, containers, network, place, service, storage, strategy
from .production import environment as environment_of
from .rule import PolicyRule, Violation
from .stack import StackGraph

CHAPTERS: dict[str, list[PolicyRule]] = {
    "Place": place.RULES,
    "Access": access.RULES,
    "Network": network.RULES,
    "Data": storage.RULES,
    "Service": service.RULES,
    "Strategy": strategy.RULES,
    "Containers": containers.RULES,
    "Alarms": alarms.RULES,
}

RULES: list[PolicyRule] = [rule for chapter in CHAPTERS.values() for rule in chapter]


@dataclass(frozen=True)
class RuleVerdict:
    """The result of a rule.

    Attributes:
        mandatory: whether violations stop a deployment.
    """

    rule: PolicyRule
    mandatory: bool
    findings: Sequence[Violation]

    @property
    def stops(self) -> bool:
        """Return whether the deployment must stop."""
        return self.mandatory and bool(self.findings)


def judge(stack: StackGraph, environment: str | None = None) -> list[RuleVerdict]:
    """Return every rule's verdict on a stack.

    Args:
        environment: to judge by; the stack's own by default.
    """
    where = environment or environment_of(stack)
    return [RuleVerdict(rule, rule.mandatory(where), rule.judge(stack)) for rule in RULES]
