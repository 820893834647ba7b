"""ContinueServiceDeployment answers one pause of a deployment.

AWS, ContinueServiceDeployment (ECS API reference), "Troubleshooting Amazon ECS blue/green deployments" (developer
guide): the texts; which error carries each of them is not documented, here InvalidParameterException. A second CONTINUE
finds the hook completed; a newer deployment voids the hooks of the one before.
"""

from __future__ import annotations

import re
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.ecs.service import scheduler, service_deployments
from emulator.cloud.ecs.service.service_deployment import ONGOING
from emulator.cloud.ecs.strategies import hooks, progress
from emulator.cloud.replace import add_operation
from emulator.cloud.settings import Settings

_HOOK_ID = re.compile(r"ecs-(pause|lambda)-[A-Za-z0-9-]+")


def install(settings: Settings) -> None:
    """Add the operation."""
    add_operation(ecs, "ContinueServiceDeployment", _continue)


CORRECTION = Correction(
    rule="ContinueServiceDeployment continues or rolls back a deployment that waits at a pause hook.",
    fault="The operation is unknown, and no deployment ever waits.",
    ministack="1.5.33",
    install=install,
)


def _continue(data: dict[str, Any]) -> Any:
    found = service_deployments.find(data.get("serviceDeploymentArn", ""))
    hook, action = str(data.get("hookId") or ""), data.get("action") or hooks.CONTINUE
    if not _HOOK_ID.fullmatch(hook):
        return _invalid("Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}")
    if action not in (hooks.CONTINUE, hooks.ROLLBACK):
        return _invalid("Invalid action. Valid values are: CONTINUE, ROLLBACK")
    if found is None:
        return error_response_json("ServiceDeploymentNotFoundException", "The service deployment does not exist.", 400)
    with scheduler.one_at_a_time:
        if found.status not in ONGOING:
            return _invalid("Continuing a service deployment is not allowed for service deployment in terminal states.")
        ours = progress.of(found)
        if ours is None or not progress.answer(ours, hook, action):
            return _invalid(
                "Provided hookId is either completed, unavailable, or not associated with the given Resource ARN"
            )
    scheduler.wake()
    return json_response({"serviceDeploymentArn": found.arn})


def _invalid(text: str) -> Any:
    return error_response_json("InvalidParameterException", text, 400)
