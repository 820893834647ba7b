"""ListTasks takes `startedBy` alone.

AWS, ListTasksRequest.startedBy (ECS API reference): it must be the only filter; with another AWS answers
InvalidParameterException "cannot specify startedBy with other arguments". That `desiredStatus` counts as another is
assumed from that page; so it is refused here, and nothing that works here may be refused there. Without desiredStatus
only tasks wanted RUNNING are listed, and PENDING lists none. MiniStack combines any filters.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings

OTHER_FILTERS = ("containerInstance", "desiredStatus", "family", "launchType", "serviceName")
_PAGE = 100


def install(settings: Settings) -> None:
    """Replace the operation."""
    replace_operation(ecs, "ListTasks", _list_tasks)


CORRECTION = Correction(
    rule="ListTasks takes `startedBy` as the only filter.",
    fault="`startedBy` is combined with other filters.",
    ministack="1.5.33",
    install=install,
)


def _list_tasks(data: dict[str, Any]) -> Any:
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    if cluster is None or cluster not in ecs._clusters:
        return error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
    if data.get("startedBy") and any(data.get(name) for name in OTHER_FILTERS):
        return error_response_json("InvalidParameterException", "cannot specify startedBy with other arguments", 400)
    arn = ecs._clusters[cluster]["clusterArn"]
    found = [name for name, task in ecs._tasks.items() if task["clusterArn"] == arn and _matches(task, data)]
    size = min(int(data.get("maxResults") or _PAGE), _PAGE)
    begin = int(data.get("nextToken") or 0)
    answer: dict[str, Any] = {"taskArns": found[begin : begin + size]}
    if begin + size < len(found):
        answer["nextToken"] = str(begin + size)
    return json_response(answer)


def _matches(task: dict[str, Any], data: dict[str, Any]) -> bool:
    """Whether a task passes the request's filters."""
    if task["desiredStatus"] != data.get("desiredStatus", "RUNNING"):
        return False
    if data.get("startedBy") and task.get("startedBy") != data["startedBy"]:
        return False
    if data.get("family") and f"/{data['family']}:" not in task["taskDefinitionArn"]:
        return False
    if data.get("launchType") and task.get("launchType") != data["launchType"]:
        return False
    named = str(data.get("serviceName") or "").rsplit("/", 1)[-1]
    return not named or bool(task.get("group") == f"service:{named}")
