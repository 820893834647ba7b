"""The service scheduler: keeps every service at its desired count and carries its deployments to their end.

The decisions are in deployment.py and cite their sources; here MiniStack's records become its plain data, and its
actions become tasks, stops and changed deployments. One thread looks at every service whenever something changed, and
twice a second. MiniStack calls a first deployment COMPLETED at once, a task steady after a second of RUNNING, and
renames the old deployment where AWS starts a new one for a rollback.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from typing import Any

from ministack.core.concurrency import resource_lock
from ministack.core.responses import request_scope
from ministack.services import ecs

from local.cloud.corrections import replace
from local.cloud.ecs import deployment, life
from local.cloud.ecs.view import Wait, live_tasks, view
from local.cloud.elb import targets
from local.cloud.settings import Settings

log = logging.getLogger("sluice.scheduler")
_PULSE_SECONDS = 0.5
_wake = threading.Event()
_waits: dict[str, Wait] = {}


def install(settings: Settings) -> None:
    """Take the place of MiniStack's reconciliation, whose callers now only wake this scheduler."""

    def wake(*arguments: Any, **named: Any) -> None:
        _wake.set()

    for name in (
        "_reconcile_service_tasks",
        "_complete_service_deployment",
        "_record_service_task_failure",
        "_record_service_task_healthy",
        "_schedule_service_deployment_completion",
        "_refresh_service_state",
        "_sync_service_targets",
    ):
        replace(ecs, name, wake)
    replace(ecs, "_make_deployment", make_deployment)
    life.task_changed.append(_wake.set)
    targets.listeners_for_change.append(_wake.set)
    threading.Thread(target=_run, daemon=True, name="sluice-scheduler").start()


def wake() -> None:
    """Look at the services now."""
    _wake.set()


def make_deployment(task_definition: str, desired: int, status: str = "PRIMARY", reason: str = "") -> dict[str, Any]:
    """A deployment record that has just begun; its id is `ecs-svc/` and a number (API reference, Deployment)."""
    identity = f"ecs-svc/{10**18 + secrets.randbelow(9 * 10**18)}"
    now = ecs._iso()
    return {
        "id": identity,
        "status": status,
        "taskDefinition": task_definition,
        "desiredCount": desired,
        "runningCount": 0,
        "pendingCount": 0,
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": reason or f"ECS deployment {identity} in progress.",
    }


def event(service: dict[str, Any], message: str) -> None:
    """Add one of the service's events, newest first; AWS keeps 100 (API reference, Service)."""
    service["events"].insert(
        0, {"id": ecs.new_uuid(), "createdAt": ecs._iso(), "message": f"(service {service['serviceName']}) {message}"}
    )
    del service["events"][100:]


def _run() -> None:
    while True:
        _wake.wait(_PULSE_SECONDS)
        _wake.clear()
        for (account, region, key), service in ecs._services.all_items():
            try:
                with request_scope(account, region):
                    attend(key, service)
            except Exception:
                # One service that cannot be scheduled must not stop the others; the next pass tries again.
                log.exception("service %s could not be scheduled", key)


def attend(key: str, service: dict[str, Any]) -> None:
    """One pass over one service of the current account."""
    if service["status"] == "INACTIVE":
        return
    cluster = key.split("/", 1)[0]
    tasks = live_tasks(service)
    _register(service, tasks)
    wait = _waits.setdefault(service["serviceArn"], Wait())
    seen = view(service, tasks, wait, time.time())
    _count(service, seen)
    if service["status"] == "ACTIVE":
        for action in deployment.decide(seen):
            _perform(cluster, service, tasks, action, wait)
    elif all(task["lastStatus"] in ("STOPPING", "DEPROVISIONING", "STOPPED") for task in tasks):
        # "After all tasks have transitioned to either STOPPING or STOPPED" (API reference, DeleteService).
        service["status"] = "INACTIVE"


def _register(service: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    """A task that is RUNNING becomes a target of every group of the service."""
    for task in tasks:
        address = ecs._task_ip(task)
        with resource_lock("ecs-task", task["taskArn"]):
            if (
                task["lastStatus"] != "RUNNING"
                or task["desiredStatus"] != "RUNNING"
                or "_registered" in task
                or not address
            ):
                continue
            task["_registered"] = [
                (one["targetGroupArn"], address, one["containerPort"])
                for one in service["loadBalancers"]
                if one.get("targetGroupArn")
            ]
            for group, host, port in task["_registered"]:
                targets.register(group, host, port)
        for group, _, _ in task["_registered"]:
            event(service, f"registered 1 targets in (target-group {group})")


def _count(service: dict[str, Any], seen: deployment.Service) -> None:
    """What DescribeServices counts: tasks RUNNING and tasks not yet, over all and per deployment."""
    running = [task for task in seen.tasks if task.running and not task.stopping]
    pending = [task for task in seen.tasks if not task.running and not task.stopping]
    service.update(runningCount=len(running), pendingCount=len(pending))
    present = {task.deployment for task in seen.tasks}
    for one in service["deployments"]:
        one["runningCount"] = sum(task.deployment == one["id"] for task in running)
        one["pendingCount"] = sum(task.deployment == one["id"] for task in pending)
    rolling_back = any(
        one["status"] == "PRIMARY" and one["rolloutState"] == "IN_PROGRESS" for one in service["deployments"]
    )
    # A deployment without tasks is no longer listed, but a failed one stays while its rollback is under way.
    service["deployments"] = [
        one
        for one in service["deployments"]
        if one["status"] == "PRIMARY"
        or one["id"] in present
        or (rolling_back and one["rolloutState"] in ("FAILED", "COMPLETED"))
    ]


def _perform(
    cluster: str, service: dict[str, Any], tasks: list[dict[str, Any]], action: deployment.Action, wait: Wait
) -> None:
    if isinstance(action, deployment.Launch):
        _launch(cluster, service, action)
    elif isinstance(action, deployment.Stop):
        task = next(one for one in tasks if one["taskArn"] == action.task)
        name = action.task.rsplit("/", 1)[-1]
        reason = action.reason
        if "health checks" in reason and task.get("_registered"):
            reason = f"{reason} in (target-group {task['_registered'][0][0]})"
        if life.stop(task, reason, "ServiceSchedulerInitiated", drain=True):
            event(service, f"has begun draining connections on 1 tasks: (task {name}).")
            event(service, f"has stopped 1 running tasks: (task {name}).")
            if action.failed:
                wait.fail(task, service)
    elif isinstance(action, deployment.Complete):
        _complete(service, action.deployment)
    else:
        _fail(service, action)
    _wake.set()


def _launch(cluster: str, service: dict[str, Any], action: deployment.Launch) -> None:
    chosen = next(one for one in service["deployments"] if one["id"] == action.deployment)
    status, _, body = ecs._run_task(
        {
            "cluster": cluster,
            "taskDefinition": chosen["taskDefinition"],
            "count": action.count,
            "group": f"service:{service['serviceName']}",
            "startedBy": chosen["id"],
            "launchType": service.get("launchType"),
            "capacityProviderStrategy": service.get("capacityProviderStrategy"),
            "platformVersion": service.get("platformVersion", ""),
            "networkConfiguration": service.get("networkConfiguration", {}),
            "enableExecuteCommand": service.get("enableExecuteCommand", False),
            "_deploymentId": chosen["id"],
        }
    )
    if status != 200:
        raise RuntimeError(f"RunTask for {service['serviceName']} was refused: {body!r}")
    event(service, f"has started {action.count} tasks.")


def _complete(service: dict[str, Any], identity: str) -> None:
    for one in service["deployments"]:
        if one["id"] == identity:
            one.update(
                rolloutState="COMPLETED",
                rolloutStateReason=f"ECS deployment {identity} completed.",
                updatedAt=ecs._iso(),
            )
    event(service, f"(deployment {identity}) deployment completed.")
    event(service, "has reached a steady state.")


def _fail(service: dict[str, Any], action: deployment.Fail) -> None:
    failed = next(one for one in service["deployments"] if one["id"] == action.deployment)
    failed.update(
        rolloutState="FAILED",
        desiredCount=0,
        updatedAt=ecs._iso(),
        rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
    )
    event(service, f"(deployment {action.deployment}) deployment failed: tasks failed to start.")
    if action.rollback_to is None:
        return
    before = next(one for one in service["deployments"] if one["id"] == action.rollback_to)
    failed["status"] = "ACTIVE"
    fresh = make_deployment(
        before["taskDefinition"],
        service["desiredCount"],
        reason=f"ECS deployment circuit breaker: rolling back to deploymentId {action.rollback_to}.",
    )
    fresh.update(launchType=failed.get("launchType"), capacityProviderStrategy=failed.get("capacityProviderStrategy"))
    service["deployments"].insert(0, fresh)
    service["taskDefinition"] = before["taskDefinition"]
    event(service, f"rolling back to deployment {action.rollback_to}.")
