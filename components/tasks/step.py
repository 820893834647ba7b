"""One step of a migration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.tasks.task_definition import TaskDefinitionArgs
from sluice import sdk as gate


@dataclass(frozen=True)
class Step:
    """One migration step.

    Attributes:
        name: unique.
        command: replaces the image's CMD.
        timeout: seconds.
        attempts: for a task that could not start.
        shards: tasks side by side.
        environment: this step's own plain variables.
        task: where image or secrets are the step's own, because RunTask can override neither; steps with the same
            secrets share one.
        secrets: names of the application's secrets that it has.
        repeatable: whether an operator's command of the same image may run as it does: not as the master user, nor as
            another image.
    """

    name: str
    command: Sequence[str]
    phase: str
    timeout: int = gate.Step.timeout
    attempts: int = gate.Step.attempts
    shards: int = gate.Step.shards
    environment: pulumi.Input[Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)
    task: TaskDefinitionArgs | None = None
    secrets: Sequence[str] = ()
    repeatable: bool = False


def described(step: Step, usual: TaskDefinitionArgs, own_revision: pulumi.Input[str] | None) -> dict[str, Any]:
    """A step in the form of MigrationRun's input.

    Args:
        usual: what a step without a task of its own runs as.
        own_revision: of the task definition made from `step.task`.
    """
    plain: dict[str, Any] = {
        "name": step.name,
        "command": list(step.command),
        "phase": step.phase,
        "timeout": step.timeout,
        "attempts": step.attempts,
        "shards": step.shards,
        "environment": step.environment,
    }
    if usual.container.entry_point:
        plain["entryPoint"] = list(usual.container.entry_point)
    if step.task is None:
        return plain
    own: dict[str, Any] = {"taskDefinition": own_revision}
    if step.task.image is not usual.image:
        own["image"] = step.task.image
    if step.task.secrets is not usual.secrets:
        own["secrets"] = step.task.secrets
    return plain | own
