"""One migration step."""

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
        phase: `before` or `after` the rollout.
        timeout: seconds.
        attempts: starts of a task that could not start.
        shards: number of parallel tasks.
        environment: this step's own plain variables.
        task: task definition of a step with its own image or secrets, because RunTask can override neither; steps with
            the same secrets share one.
        secrets: names of its secrets of the application.
        repeatable: whether an operator's command may use its task definition: not with the master user's secret or
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
    """Return a step in the form of MigrationRun's input.

    Args:
        usual: the task definition of steps without one of their own.
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
