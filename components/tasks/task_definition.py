"""A task definition: image, size, roles, variables. Every change is a new revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.tasks import container
from components.tasks.container import Container


@dataclass(frozen=True)
class TaskDefinitionArgs:
    """Inputs of TaskDefinition.

    Attributes:
        family: name of all revisions.
        cpu: CPU units, in a pair with memory that Fargate offers.
        memory: MiB.
        architecture: X86_64 or ARM64, as of the image.
        image: by digest.
        environment: plain variables.
        secrets: `valueFrom` by name.
        log_group: name of an existing log group.
        region: of the log group.
    """

    family: str
    container: Container
    image: pulumi.Input[str]
    cpu: int
    memory: int
    architecture: str
    execution_role_arn: pulumi.Input[str]
    task_role_arn: pulumi.Input[str]
    environment: pulumi.Input[Mapping[str, str]]
    secrets: pulumi.Input[Mapping[str, str]]
    log_group: pulumi.Input[str]
    region: str


class TaskDefinition(pulumi.ComponentResource):
    """A Fargate task definition with one container.

    A replacement does not deregister the old revision: ECS starts no task from an inactive one, and the old revision
    may still serve or be the rollback target.

    Outputs: arn (with its revision).
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: TaskDefinitionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:TaskDefinition", name, None, opts)
        containers = pulumi.Output.all(
            image=args.image, environment=args.environment, secrets=args.secrets, log_group=args.log_group
        ).apply(
            lambda known: container.rendered(container.definition(args.container, region=args.region, **known)),
        )
        definition = aws.ecs.TaskDefinition(
            name,
            family=args.family,
            cpu=str(args.cpu),
            memory=str(args.memory),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform={"operating_system_family": "LINUX", "cpu_architecture": args.architecture},
            execution_role_arn=args.execution_role_arn,
            task_role_arn=args.task_role_arn,
            container_definitions=containers,
            volumes=[{"name": volume} for volume in args.container.isolation.volumes],
            skip_destroy=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = definition.arn
        self.register_outputs({"arn": self.arn})
