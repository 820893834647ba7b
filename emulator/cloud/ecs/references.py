"""RunTask, CreateService and UpdateService refuse what does not exist any more.

AWS: an INACTIVE (deregistered) task definition can neither run new tasks nor be deployed (DeregisterTaskDefinition, ECS
API reference: up to ten minutes later; here at once); an unknown cluster is ClusterNotFoundException (RunTask, errors).
MiniStack runs the first and creates the second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Look before each of the three operations."""
    for operation in ("RunTask", "CreateService", "UpdateService"):
        replace_operation(ecs, operation, _looking(ecs._ACTION_MAP[operation]))


CORRECTION = Correction(
    rule="RunTask, CreateService and UpdateService refuse an unknown cluster and an INACTIVE task definition.",
    fault="An INACTIVE task definition runs, and an unknown cluster is created.",
    ministack="1.5.33",
    install=install,
)


def _looking(operation: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def checked(data: dict[str, Any]) -> Any:
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        if cluster is None or cluster not in ecs._clusters:
            return error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
        reference = data.get("taskDefinition")
        if reference:
            definition = ecs._task_defs.get(ecs._resolve_td_key(reference))
            if definition is None:
                return error_response_json("ClientException", f"Unable to find task definition: {reference}", 400)
            if definition["status"] != "ACTIVE":
                return error_response_json("ClientException", "TaskDefinition is inactive", 400)
        return operation(data)

    return checked
