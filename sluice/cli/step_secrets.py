"""Chooses which of the application's secrets an operator's command gets. Pure.

RunTask cannot override secrets (ContainerOverride in the ECS API reference), so a command runs with the task
definition of a migration step that has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sluice.migration.operator_run import RunRefused

ALL, NONE = "all", "none"


@dataclass(frozen=True)
class Choice:
    """The task definition that a command runs with.

    Attributes:
        definition: a revision of the task definition.
        names: the application's secrets that it has.
        step: the step whose task definition it is; empty without secrets.
    """

    definition: str
    names: tuple[str, ...] = ()
    step: str = ""

    def __str__(self) -> str:
        if not self.names:
            return "none of app.secrets"
        return f"{', '.join(self.names)}, as step '{self.step}'"


def choose(steps: Sequence[Mapping[str, Any]], command: Sequence[str], wanted: str | None, usual: str) -> Choice:
    """Return the task definition of a command.

    Args:
        steps: those of the stack's output; a command cannot run as a step without the key `secrets`.
        command: the command and its arguments.
        wanted: names separated by commas, ``all`` or ``none``; None: those of the step whose command begins like this
            one.
        usual: revision of a step without secrets.

    Raises:
        RunRefused: no step has these secrets.
    """
    known = [
        Choice(str(step.get("taskDefinition") or usual), tuple(step["secrets"]), str(step["name"]))
        for step in steps
        if step.get("secrets") is not None
    ]
    if wanted is None:
        commands = {str(step["name"]): tuple(step["command"]) for step in steps}
        alike = max(known, key=lambda one: _alike(commands[one.step], command), default=None)
        return alike if alike and _alike(commands[alike.step], command) else Choice(usual)
    if wanted == NONE:
        return Choice(usual)
    every = {name for one in known for name in one.names}
    names = every if wanted == ALL else {name.strip() for name in wanted.split(",")} - {""}
    if not names:
        return Choice(usual)
    having = [one for one in known if names <= {*one.names}]
    if having:
        return min(having, key=lambda one: len(one.names))
    lacking = sorted(names - every)
    what = f"no migration step has {', '.join(lacking or sorted(names))}" + ("" if lacking else " together")
    sets = dict.fromkeys(", ".join(one.names) for one in known if one.names)
    raise RunRefused(
        f"{what}; steps have: {'; '.join(sets) or 'none of app.secrets'}. A command gets the secrets of a step, as "
        "RunTask cannot add any. Fix: name it in `migrations[].secrets` of a step and run `pulumi up`, or choose "
        "secrets that a step has"
    )


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the number of arguments that two commands begin with in common."""
    return len(list(takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False))))
