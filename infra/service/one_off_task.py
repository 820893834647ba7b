"""A one-off task that asks the service from inside its network. It reads no secret, and its code may do nothing."""

from __future__ import annotations

from collections.abc import Sequence

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

STOP_TIMEOUT = 5
CPU, MEMORY = 256, 512
"""The least that Fargate offers, in CPU units and MiB."""


def one_off_task(
    name: str,
    purpose: str,
    stack: Settings,
    origin: Origin,
    image: pulumi.Input[str],
    command: Sequence[str],
    logs: Logs,
    placement: Placement,
    opts: pulumi.ResourceOptions,
    own_image: str | None = None,
) -> SmokeTask:
    """The task definition with roles of its own, and what Rollout must know to run it.

    Args:
        purpose: a word: name of the container, and part of the family's and the roles' names.
        image: of the release.
        placement: the service's.
        own_image: that runs in place of the release's, by digest.
    """
    elsewhere = policies.repository(own_image) if own_image else None
    roles = TaskRoles(
        f"{name}-{purpose}",
        TaskRolesArgs(
            Standing.of(pulumi.get_project(), pulumi.get_stack(), bounded=stack.access.boundary),
            stack.aws.region,
            [origin.repository.arn, *([elsewhere] if elsewhere else [])],
            logs.service.arn,
            [],
        ),
        opts,
    )
    entry_point = () if own_image else tuple(stack.app.step_entry_point or ())
    definition = TaskDefinition(
        f"{name}-{purpose}",
        TaskDefinitionArgs(
            family=f"{name}-{purpose}",
            container=Container(
                purpose, "blocking", STOP_TIMEOUT, entry_point=entry_point, isolation=isolation(stack.app)
            ),
            image=origin.repository.reference(own_image) if own_image else image,
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
    return SmokeTask(definition.arn, purpose, tuple(command), placement)
