"""The load balancers of a service belong to its deployments, and must fit their revisions.

AWS, LoadBalancer.containerPort (ECS API reference): the port "must correspond to a containerPort in the task definition
the tasks in the service are using"; the refusals are AWS's words (hashicorp/terraform#4227). ServiceRevision: a
revision has load balancers of its own, so tasks of two deployments may be targets at two ports, and a rollback brings
the older ones back. MiniStack knows only those of the service, and looks at no port.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def refusal(balancers: Sequence[Mapping[str, Any]], definition: Mapping[str, Any] | None) -> str:
    """Why these load balancers do not go with a task definition; empty when they do, or when there is none."""
    containers = {str(one["name"]): one for one in (definition or {}).get("containerDefinitions") or ()}
    for one in balancers if definition else ():
        name, port = str(one.get("containerName")), one.get("containerPort")
        if name not in containers:
            return f"The container {name} does not exist in the task definition."
        if port not in [mapped.get("containerPort") for mapped in containers[name].get("portMappings") or ()]:
            return f"The container {name} did not have a container port {port} defined."
    return ""


def of_task(service: Mapping[str, Any], deployment: str) -> list[dict[str, Any]]:
    """Where a task of this deployment of the service is registered."""
    entries: Sequence[Mapping[str, Any]] = service["deployments"]
    entry = next((one for one in entries if one["id"] == deployment), {})
    resolved = entry.get("_resolved", entry.get("_load_balancers", service["loadBalancers"]))
    return [one for one in resolved if one.get("targetGroupArn")]
