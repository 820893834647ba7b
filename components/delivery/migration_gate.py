"""The gate: no revision reaches the service before the migrations of its image have exited with 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.network.placement import Placement
from components.tasks.container import Container
from components.tasks.isolation import Isolation
from components.tasks.step import Step, described
from components.tasks.task_definition import TaskDefinition, TaskDefinitionArgs
from sluice import sdk as gate

CONTAINER = "migration"
STOP_TIMEOUT = 30
"""Seconds that a stopped migration has to end its transaction; ECS's default, set explicitly."""


@dataclass(frozen=True)
class Snapshot:
    """The database snapshot that is taken before the first step.

    Attributes:
        instance: identifier of the database instance.
        keep: number of this stack's snapshots that are kept.
        timeout: seconds until it must be available.
        pending: command of the image that exits with 0 when no migration is pending; None: always take a snapshot.
        task: task definition of that command; None: that of a step.
        copy_to: ARNs of the role and of the key of another account that gets a copy; None for none.
    """

    instance: pulumi.Input[str]
    keep: int
    timeout: int
    pending: Sequence[str] | None
    task: TaskDefinitionArgs | None = None
    copy_to: tuple[str, str] | None = None


@dataclass(frozen=True)
class MigrationGateArgs:
    """Inputs of MigrationGate.

    Attributes:
        task, task_definition: the task definition of the steps, and its revision.
        steps: in their order, all of one phase.
        service_task_definition: the service's revision, which the gate outputs once the steps have succeeded.
        service: for the phase `after`, which waits until this service has no task of another revision.
        database: identity of the database instance.
        records: SSM path of the run records.
        protected: whether records and revisions must outlive the stack.
        snapshot: of the database, before the first step.
        topic: ARN of the SNS topic for failure notices.
        deadline: seconds for snapshot and steps together; 0 for none.
        holds: SSM path of the held images.
        rollback: roll back to an earlier release; no step runs.
        service_secrets: `valueFrom` by name of the service's secrets in the settings: a preview checks them before the
            service's new revision is known.
        target_groups: ARNs of the service's target groups, to which a listener must forward.
        names: version and revision of the image, for the records.
        trusted: ARNs of KMS keys, one of which must have signed the image.
    """

    cluster: pulumi.Input[str]
    task: TaskDefinitionArgs
    task_definition: pulumi.Input[str]
    steps: Sequence[Step]
    service_task_definition: pulumi.Input[str]
    placement: Placement
    database: pulumi.Input[str]
    records: str
    protected: bool
    service: pulumi.Input[str] | None = None
    snapshot: Snapshot | None = None
    topic: pulumi.Input[str] | None = None
    deadline: int = 0
    holds: str | None = None
    rollback: bool = False
    service_secrets: Mapping[str, str] = field(default_factory=dict)
    target_groups: Sequence[pulumi.Input[str]] = ()
    names: pulumi.Input[Mapping[str, str]] | None = None
    trusted: Sequence[str] = ()


def migration_container(isolation: Isolation, entry_point: Sequence[str] = ()) -> Container:
    """Return the container of a migration task. Its log must not lose a line, so the log driver blocks.

    Args:
        entry_point: replaces the image's.
    """
    return Container(CONTAINER, "blocking", STOP_TIMEOUT, entry_point=tuple(entry_point), isolation=isolation)


class MigrationGate(pulumi.ComponentResource):
    """Runs an image's steps of one phase as one-off Fargate tasks whenever image, steps, variables or database changed.

    Outputs: service_task_definition (the only revision to pass to a service), image (its image, by digest),
    task_definition (of the steps), results (per step), steps (as given, each with its own task definition if it has
    one).
    """

    service_task_definition: pulumi.Output[str]
    image: pulumi.Output[str]
    task_definition: pulumi.Output[str]
    results: pulumi.Output[Any]
    steps: pulumi.Output[Any]
    run: pulumi.Output[int]

    def __init__(self, name: str, args: MigrationGateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:MigrationGate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        own = self._own(name, args, child)
        steps = [described(step, args.task, own[step.task.family] if step.task else None) for step in args.steps]
        after = {"service": args.service, "taskDefinition": args.service_task_definition} if args.service else None
        run = gate.MigrationRun(
            name,
            cluster=args.cluster,
            task_definition=args.task_definition,
            service_task_definition=args.service_task_definition,
            network={
                "subnets": list(args.placement.subnet_ids),
                "securityGroups": list(args.placement.security_group_ids),
                "assignPublicIp": args.placement.public_ip,
            },
            steps=steps,
            image_digest=args.task.image,
            database=args.database,
            environment=args.task.environment,
            secrets=args.task.secrets,
            records=args.records,
            container=args.task.container.name,
            phase="after" if after else "before",
            after_service=after,
            retain=args.protected,
            snapshot=_request(args.snapshot, own),
            topic=args.topic,
            deadline=args.deadline,
            holds=args.holds,
            rollback=args.rollback,
            service_secrets=None if after else args.service_secrets,
            target_groups=None if after else list(args.target_groups),
            architecture=args.task.architecture,
            names=args.names,
            trusted=args.trusted,
            opts=child,
        )
        self.service_task_definition = run.service_task_definition
        self.image = pulumi.get(run, "imageDigest")
        self.task_definition = pulumi.get(run, "taskDefinition")
        self.results = run.results
        self.steps = pulumi.get(run, "steps")
        self.run = run.run
        self.register_outputs(
            {
                "serviceTaskDefinition": self.service_task_definition,
                "image": self.image,
                "taskDefinition": self.task_definition,
                "results": self.results,
            }
        )

    def _own(
        self, name: str, args: MigrationGateArgs, opts: pulumi.ResourceOptions
    ) -> Mapping[str, pulumi.Output[str]]:
        """Return the revisions of steps and probe that do not run as `args.task`, by family."""
        usual = args.task.family
        tasks = [step.task for step in args.steps if step.task]
        if args.snapshot is not None and args.snapshot.task is not None:
            tasks.append(args.snapshot.task)
        return {
            family: TaskDefinition(f"{name}-{_own_part(family, usual)}", task, opts).arn
            for family, task in {task.family: task for task in tasks}.items()
        }


def _own_part(family: str, usual: str) -> str:
    """Return the part of a family's name after the usual family's."""
    if family.startswith(f"{usual}-"):
        return family.removeprefix(f"{usual}-")
    return family.removeprefix(usual.rpartition("-")[0]).removeprefix("-")


def _request(snapshot: Snapshot | None, own: Mapping[str, pulumi.Output[str]]) -> dict[str, Any] | None:
    if snapshot is None:
        return None
    request: dict[str, Any] = {"instance": snapshot.instance, "keep": snapshot.keep, "timeout": snapshot.timeout}
    if snapshot.pending:
        request["pending"] = list(snapshot.pending)
        if snapshot.task is not None:
            request["taskDefinition"] = own[snapshot.task.family]
    if snapshot.copy_to:
        request["copyTo"] = dict(zip(("role", "key"), snapshot.copy_to, strict=True))
    return request
