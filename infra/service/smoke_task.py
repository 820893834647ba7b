"""The one-off task that sends the smoke request from inside the service's network, where the settings want one."""

from __future__ import annotations

import pulumi

from components.delivery.deployment import SmokeTask
from components.image.origin import Origin
from components.network.placement import Placement
from infra.service.one_off_task import one_off_task
from infra.settings.settings import Settings
from infra.tasks.logs import Logs


def smoke_task_of(
    name: str,
    stack: Settings,
    origin: Origin,
    image: pulumi.Input[str],
    logs: Logs,
    place: Placement,
    opts: pulumi.ResourceOptions,
) -> SmokeTask | None:
    """What runs `smoke.command`; None where the deployer asks, or nobody.

    Args:
        image: of the release, whose migrations have run.
        place: the service's placement.
    """
    wanted = stack.smoke
    if wanted.from_ != "task":
        return None
    return one_off_task(
        name, "smoke", stack, origin, image, wanted.command or [], logs, place, opts, own_image=wanted.image
    )
