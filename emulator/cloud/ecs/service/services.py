"""CreateService, UpdateService and DeleteService, where the scheduler's truth depends on them.

AWS, UpdateService (ECS API reference): a changed task definition, network configuration, platform version or load
balancer, or `forceNewDeployment`, starts a deployment; desired count, percentages and grace period start none.
DeleteService: DRAINING until every task is STOPPING or STOPPED, then INACTIVE; the name is blocked meanwhile.
CreateService: a target group must be on a listener; both: the load balancers must fit the task definition. MiniStack
starts a deployment for a task definition only, deletes at once, and looks at neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import alb, ecs

from emulator.cloud.correction import Correction
from emulator.cloud.ecs.service import deployments, load_balancers, scheduler
from emulator.cloud.ecs.strategies import configuration, progress, rules, wiring
from emulator.cloud.ecs.strategies.steps import strategy_of
from emulator.cloud.ecs.tasks import running_tasks
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings

_STARTS_A_DEPLOYMENT = ("networkConfiguration", "platformVersion", "loadBalancers", "serviceRegistries")
_TAKEN_OVER = ("enableECSManagedTags", "propagateTags", "serviceRegistries", "availabilityZoneRebalancing")


def install(settings: Settings) -> None:
    """Replace the three operations."""
    create, update = ecs._ACTION_MAP["CreateService"], ecs._ACTION_MAP["UpdateService"]

    def create_service(data: dict[str, Any]) -> Any:
        known = ecs._services.get(
            f"{ecs._resolve_cluster_name(data.get('cluster', 'default'))}/{data.get('serviceName')}"
        )
        if known is not None and known["status"] == "DRAINING":
            return error_response_json(
                "InvalidParameterException", "Unable to Start a service that is still Draining.", 400
            )
        lonely = _without_listener(data)
        if lonely:
            return error_response_json(
                "InvalidParameterException",
                f"The target group with targetGroupArn {lonely} does not have an associated load balancer.",
                400,
            )
        wrong = load_balancers.refusal(data.get("loadBalancers") or (), _definition(data.get("taskDefinition", "")))
        if wrong:
            return error_response_json("InvalidParameterException", wrong, 400)
        refused = _shifting(data.get("deploymentConfiguration") or {}, data.get("loadBalancers") or ())
        if refused:
            return error_response_json(*refused, 400)
        with scheduler.one_at_a_time:
            answer = create(data)
            service = find({**data, "service": data.get("serviceName", "")})
            if answer[0] != 200 or service is None:
                return answer
            deployments.begin(service)
            progress.begin(service)
            scheduler.wake()
            return json_response({"service": ecs._sanitize(service)})

    def update_service(data: dict[str, Any]) -> Any:
        service = find(data)
        if service is None:
            return update(data)
        if service["status"] != "ACTIVE":
            return error_response_json("ServiceNotActiveException", "Service was not ACTIVE.", 400)
        wrong = load_balancers.refusal(
            data.get("loadBalancers", service["loadBalancers"]),
            _definition(data.get("taskDefinition") or service["taskDefinition"]),
        )
        if wrong:
            return error_response_json("InvalidParameterException", wrong, 400)
        if "deploymentConfiguration" in data:
            before = service["deploymentConfiguration"]
            data = {**data, "deploymentConfiguration": configuration.merged(before, data["deploymentConfiguration"])}
        refused = _shifting(
            data.get("deploymentConfiguration") or service["deploymentConfiguration"],
            data.get("loadBalancers", service["loadBalancers"]),
        )
        if refused:
            return error_response_json(*refused, 400)
        changed = any(name in data and data[name] != service.get(name) for name in _STARTS_A_DEPLOYMENT)
        with scheduler.one_at_a_time:
            if "deploymentConfiguration" in data and progress.holds_strategy(service, data["deploymentConfiguration"]):
                return error_response_json(
                    "InvalidParameterException",
                    "The deployment strategy cannot be changed to ROLLING while a service deployment is in progress.",
                    400,
                )
            told = list(service["events"])
            answer = update({**data, "forceNewDeployment": True} if changed else data)
            if answer[0] != 200:
                return answer
            # MiniStack's own event claims that a task drains; what really happens is told by the scheduler.
            service["events"] = told
            service.update({name: data[name] for name in _TAKEN_OVER if name in data})
            deployments.begin(service)
            progress.begin(service)
            scheduler.wake()
            return json_response({"service": ecs._sanitize(service)})

    replace_operation(ecs, "CreateService", create_service)
    replace_operation(ecs, "UpdateService", update_service)
    replace_operation(ecs, "DeleteService", _delete_service)


CORRECTION = Correction(
    rule="A changed network configuration starts a deployment; a deleted service drains first.",
    fault="Only a changed task definition starts a deployment; a service never drains; no listener is needed.",
    ministack="1.5.33",
    install=install,
)


def find(data: dict[str, Any]) -> dict[str, Any] | None:
    """The service that a request names, or None."""
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    named = ecs._resolve_service_ref(data.get("service", ""))
    if cluster is None or named is None or named[1] not in (None, cluster):
        return None
    found: dict[str, Any] | None = ecs._services.get(f"{cluster}/{named[0]}")
    return found


def _definition(reference: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = ecs._task_defs.get(ecs._resolve_td_key(reference))
    return found


def _shifting(asked: Mapping[str, Any], balancers: Sequence[Mapping[str, Any]]) -> configuration.Refusal | None:
    """Why a deployment that shifts traffic is refused at once."""
    refused = configuration.refusal(asked, balancers)
    wrong = wiring.refusal(balancers, strategy_of(asked), rules.existing())
    return refused or (("InvalidParameterException", wrong) if wrong else None)


def _without_listener(data: dict[str, Any]) -> str | None:
    for one in data.get("loadBalancers") or []:
        group = alb._tgs.get(one.get("targetGroupArn", ""))
        if one.get("targetGroupArn") and (group is None or not group["LoadBalancerArns"]):
            return str(one["targetGroupArn"])
    return None


def _delete_service(data: dict[str, Any]) -> Any:
    service = find(data)
    if service is None:
        return error_response_json("ServiceNotFoundException", "Service not found.", 400)
    if service["status"] == "INACTIVE":
        return error_response_json("ServiceNotActiveException", "Service was not ACTIVE.", 400)
    if service["desiredCount"] > 0 and not data.get("force", False):
        return error_response_json(
            "InvalidParameterException", "The service cannot be stopped while it is scaled above 0.", 400
        )
    service.update(status="DRAINING", desiredCount=0)
    for task in ecs._tasks.values():
        if task.get("group") == f"service:{service['serviceName']}" and task["clusterArn"] == service["clusterArn"]:
            running_tasks.stop(task, "Service deleted", "ServiceSchedulerInitiated", drain=True)
    scheduler.wake()
    return json_response({"service": ecs._sanitize(service)})
