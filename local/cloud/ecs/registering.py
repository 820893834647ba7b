"""RegisterTaskDefinition refuses a container health check that AWS refuses.

AWS, HealthCheck (ECS API reference): the command's first word and the ranges of its times. MiniStack takes anything.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ecs

from local.cloud.corrections import replace_operation
from local.cloud.ecs.container_health import refusal
from local.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Look before the operation."""
    register = ecs._ACTION_MAP["RegisterTaskDefinition"]

    def register_task_definition(data: dict[str, Any]) -> Any:
        for container in data.get("containerDefinitions") or []:
            refused = refusal(container)
            if refused is not None:
                return error_response_json("ClientException", refused, 400)
        return register(data)

    replace_operation(ecs, "RegisterTaskDefinition", register_task_definition)
