"""StopTask answers at once and the task goes its way to STOPPED.

AWS, StopTask (ECS API reference): SIGTERM and after `stopTimeout` SIGKILL; the reason given is the task's
stoppedReason, stopCode UserInitiated; the task's tags are deleted. It does not let a service's task finish its requests
first. How the task ends is in running_tasks.py.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.ecs.tasks import running_tasks
from emulator.cloud.replace import replace, replace_operation
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Replace the operation, and the function behind it that MiniStack's other modules call."""
    replace_operation(ecs, "StopTask", stop_task)
    replace(ecs, "_stop_task", stop_task)


CORRECTION = Correction(
    rule="StopTask answers at once, keeps the reason and deletes the task's tags.",
    fault="StopTask leaves the task's tags.",
    ministack="1.5.33",
    install=install,
)


def stop_task(data: dict[str, Any]) -> Any:
    """The operation."""
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    if cluster is None or cluster not in ecs._clusters:
        return error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
    task = ecs._resolve_task(data.get("task", ""), cluster)
    if task is None:
        return error_response_json("InvalidParameterException", "The referenced task was not found.", 400)
    if running_tasks.stop(task, data.get("reason") or "Task stopped by user", "UserInitiated"):
        ecs._tags.pop(task["taskArn"], None)
    return json_response({"task": ecs._sanitize(task)})
