"""RegisterTaskDefinition refuses what AWS refuses; a task or service is for Fargate, or is refused.

AWS, HealthCheck (ECS API reference): the check's first word and the ranges of its times. What Fargate refuses, and
where that is written, is in fargate.py. MiniStack takes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.ecs.containers import container_health
from emulator.cloud.ecs.tasks import fargate
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings

_LAUNCHING = ("RunTask", "CreateService", "UpdateService")


def install(settings: Settings) -> None:
    """Look before the operations."""
    _guard("RegisterTaskDefinition", "ClientException", _definition_refusal)
    for operation in _LAUNCHING:
        _guard(operation, "InvalidParameterException", fargate.launch_refusal)
    for unknown in ("StartTask", "RegisterContainerInstance"):  # both are for container instances, which are not here
        if unknown in ecs._ACTION_MAP:
            replace_operation(ecs, unknown, _no_instances)


CORRECTION = Correction(
    rule="RegisterTaskDefinition refuses what AWS refuses for Fargate.",
    fault="Task definitions that AWS refuses are registered, and tasks run on EC2 without an instance.",
    ministack="1.5.33",
    install=install,
)


def _guard(operation: str, code: str, refusal: Callable[[Mapping[str, Any]], str | None]) -> None:
    handle = ecs._ACTION_MAP[operation]

    def guarded(data: dict[str, Any]) -> Any:
        refused = refusal(data)
        return handle(data) if refused is None else error_response_json(code, refused, 400)

    replace_operation(ecs, operation, guarded)


def _definition_refusal(data: Mapping[str, Any]) -> str | None:
    checks = map(container_health.refusal, data.get("containerDefinitions") or [])
    return next((refused for refused in checks if refused is not None), None) or fargate.refusal(data)


def _no_instances(data: dict[str, Any]) -> Any:
    return error_response_json("InvalidParameterException", "The local cloud runs tasks on Fargate only.", 400)
