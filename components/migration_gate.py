"""The gate: nothing reaches the service before the migrations of that very image have run and exited 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.container import Container
from components.placement import Placement
from components.task_definition import TaskDefinition, TaskDefinitionArgs
from gate.plugin import sdk as gate

CONTAINER = "migration"
STOP_TIMEOUT = 30
"""Seconds that a migration gets to end its transaction when it is stopped; ECS' default, said."""


@dataclass(frozen=True)
class Step:
    """name: unique. command: replaces the image's CMD. timeout: seconds. attempts: for a task that could not start.
    environment: this step's own plain variables."""

    name: str
    command: Sequence[str]
    phase: str
    timeout: int
    attempts: int
    environment: Mapping[str, str]


@dataclass(frozen=True)
class MigrationGateArgs:
    """task: the migration's own task definition. service_task_definition: the revision that is to be let through.
    steps: in their order. database: identity of the database instance. records: SSM path of the run records.
    protected: whether records and revisions must outlive the stack."""

    cluster: pulumi.Input[str]
    task: TaskDefinitionArgs
    service_task_definition: pulumi.Input[str]
    placement: Placement
    steps: Sequence[Step]
    database: pulumi.Input[str]
    records: str
    protected: bool


def migration_container() -> Container:
    """The container of a migration task. Its log is evidence: no line of it may be lost."""
    return Container(name=CONTAINER, log_mode="blocking", stop_timeout=STOP_TIMEOUT)


class MigrationGate(pulumi.ComponentResource):
    """Runs an image's migration steps as one-off Fargate tasks whenever image, steps, variables or database changed.

    Outputs: service_task_definition (the revision that was let through: the only one a service may be given),
    task_definition (the migration's revision), results (per step).
    """

    service_task_definition: pulumi.Output[str]
    task_definition: pulumi.Output[str]
    results: pulumi.Output[Any]

    def __init__(self, name: str, args: MigrationGateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:MigrationGate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        task = TaskDefinition(name, args.task, child)
        run = gate.MigrationRun(
            name,
            cluster=args.cluster,
            task_definition=task.arn,
            service_task_definition=args.service_task_definition,
            network={
                "subnets": list(args.placement.subnet_ids),
                "securityGroups": list(args.placement.security_group_ids),
                "assignPublicIp": args.placement.public_ip,
            },
            steps=[described(step) for step in args.steps],
            image_digest=args.task.image,
            database=args.database,
            environment=args.task.environment,
            secrets=args.task.secrets,
            records=args.records,
            container=args.task.container.name,
            phase="before",
            retain=args.protected,
            opts=child,
        )
        self.service_task_definition = run.service_task_definition
        self.task_definition = task.arn
        self.results = run.results
        self.register_outputs(
            {
                "serviceTaskDefinition": self.service_task_definition,
                "taskDefinition": self.task_definition,
                "results": self.results,
            }
        )


def described(step: Step) -> dict[str, Any]:
    """A step in the form of MigrationRun's input; one shard, the whole step in one task."""
    return {
        "name": step.name,
        "command": list(step.command),
        "phase": step.phase,
        "timeout": step.timeout,
        "attempts": step.attempts,
        "shards": 1,
        "environment": dict(step.environment),
    }
