"""The gate: nothing reaches the service before the migrations of that very image have run and exited 0."""

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
"""Seconds that a migration gets to end its transaction when it is stopped; ECS' default, said."""


@dataclass(frozen=True)
class Snapshot:
    """The database snapshot that is taken before the first step.

    Attributes:
        instance: identifier of the database instance.
        keep: how many of this stack's own stay.
        timeout: seconds until it must be available.
        pending: the image's command that exits with 0 when nothing is pending; None: always take it.
        task: as what that command runs; None: as a step does.
        copy_to: ARNs of the role and of the key of another account that gets a copy; None: none does.
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
        task, task_definition: what steps run as, and its revision.
        steps: in their order, all of one phase.
        service_task_definition: the revision that is to be let through.
        service: of the phase `after`, which waits until this service has no task of any other revision.
        database: identity of the database instance.
        records: SSM path of the run records.
        protected: whether records and revisions must outlive the stack.
        snapshot: of the database, before the first step.
        topic: ARN of the SNS topic that is told of a failure.
        deadline: seconds for it all; 0: none.
        holds: SSM path of the images that must not run.
        rollback: an earlier release is to serve again, and no step runs.
        service_secrets: name to `valueFrom` of those secrets of the service that the settings name: a preview looks at
            them before the service's new revision is known.
        target_groups: ARNs of the service's, to which a listener forwards.
        names: what else the image is called, for the records.
        trusted: ARNs of keys, one of which must have signed it.
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
    """The container of a migration task. Its log is evidence: no line of it may be lost.

    Args:
        entry_point: in place of the image's.
    """
    return Container(CONTAINER, "blocking", STOP_TIMEOUT, entry_point=tuple(entry_point), isolation=isolation)


class MigrationGate(pulumi.ComponentResource):
    """Runs an image's steps of one phase as one-off Fargate tasks whenever image, steps, variables or database changed.

    Outputs: service_task_definition (the revision that was let through: the only one a service may be given), image
    (likewise, by digest), task_definition (as what its steps ran), results (per step), steps (as they were given, each
    with its own task definition where it has one).
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
        """The revisions that steps and probe run as where that is not `args.task`, by family: one for each."""
        usual = args.task.family
        tasks = [step.task for step in args.steps if step.task]
        if args.snapshot is not None and args.snapshot.task is not None:
            tasks.append(args.snapshot.task)
        return {
            family: TaskDefinition(f"{name}-{_own_part(family, usual)}", task, opts).arn
            for family, task in {task.family: task for task in tasks}.items()
        }


def _own_part(family: str, usual: str) -> str:
    """Return what tells a family from the usual one, with which it shares the beginning."""
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
