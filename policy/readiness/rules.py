"""All rules, by what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import access, alarms, containers, network, place, service, storage, strategy
from .production import environment as environment_of
from .rule import Finding, Rule
from .stack import Stack

CHAPTERS: dict[str, list[Rule]] = {
    "Place": place.RULES,
    "Access": access.RULES,
    "Network": network.RULES,
    "Data": storage.RULES,
    "Service": service.RULES,
    "Strategy": strategy.RULES,
    "Containers": containers.RULES,
    "Alarms": alarms.RULES,
}

RULES: list[Rule] = [rule for chapter in CHAPTERS.values() for rule in chapter]


@dataclass(frozen=True)
class Verdict:
    """What came of a rule.

    Attributes:
        mandatory: whether findings stop a deployment.
    """

    rule: Rule
    mandatory: bool
    findings: Sequence[Finding]

    @property
    def stops(self) -> bool:
        """Return whether the deployment must not go on."""
        return self.mandatory and bool(self.findings)


def judge(stack: Stack, environment: str | None = None) -> list[Verdict]:
    """Every rule's verdict on a stack.

    Args:
        environment: to judge it for; its own by default.
    """
    where = environment or environment_of(stack)
    return [Verdict(rule, rule.mandatory(where), rule.judge(stack)) for rule in RULES]
