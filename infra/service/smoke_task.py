"""The one-off task that asks the service from inside its network, where the settings want one."""

from __future__ import annotations

import pulumi

from components.delivery.deployment import SmokeTask
from components.image.origin import Origin
from components.network.placement import Placement
from components.tasks.container import Container
from components.tasks.task_definition import TaskDefinition, TaskDefinitionArgs
from infra import policies
from infra.settings.settings import Settings
from infra.tasks.access import Standing, TaskRoles, TaskRolesArgs
from infra.tasks.isolation import isolation
from infra.tasks.logs import Logs

CONTAINER = "smoke"
STOP_TIMEOUT = 5
CPU, MEMORY = 256, 512
"""The least that Fargate offers, in CPU units and MiB."""


def smoke_task_of(
    name: str,
    stack: Settings,
    origin: Origin,
    image: pulumi.Input[str],
    logs: Logs,
    place: Placement,
    opts: pulumi.ResourceOptions,
) -> SmokeTask | None:
    """What runs `smoke.command`; None where the deployer asks, or nobody. It reads no secret, and its code may do
    nothing. image: of the release, whose migrations have run. place: the service's."""
    wanted = stack.smoke
    if wanted.from_ != "task":
        return None
    asks = origin.repository.reference(wanted.image) if wanted.image else image
    elsewhere = policies.repository(wanted.image) if wanted.image else None
    roles = TaskRoles(
        f"{name}-smoke",
        TaskRolesArgs(
            Standing.of(pulumi.get_project(), pulumi.get_stack(), bounded=stack.access.boundary),
            stack.aws.region,
            [origin.repository.arn, *([elsewhere] if elsewhere else [])],
            logs.service.arn,
            [],
        ),
        opts,
    )
    entry_point = () if wanted.image else tuple(stack.app.step_entry_point or ())
    definition = TaskDefinition(
        f"{name}-smoke",
        TaskDefinitionArgs(
            family=f"{name}-smoke",
            container=Container(
                CONTAINER, "blocking", STOP_TIMEOUT, entry_point=entry_point, isolation=isolation(stack.app)
            ),
            image=asks,
            cpu=CPU,
            memory=MEMORY,
            architecture=stack.app.architecture,
            execution_role_arn=roles.execution_role_arn,
            task_role_arn=roles.task_role_arn,
            environment={},
            secrets={},
            log_group=logs.service.name,
            region=stack.aws.region,
        ),
        opts,
    )
    return SmokeTask(definition.arn, CONTAINER, tuple(wanted.command or ()), place)
