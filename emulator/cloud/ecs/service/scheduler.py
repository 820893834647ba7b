"""The service scheduler: keeps every service at its desired count and carries its deployments to their end.

The decisions are in deployment.py and cite their sources; here MiniStack's records become its plain data, and its
actions become tasks, stops and changed deployments (deployments.py). One thread looks at every service whenever
something changed, and twice a second. MiniStack calls a task steady after a second of RUNNING.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any

from ministack.core.concurrency import resource_lock
from ministack.core.responses import request_scope
from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.ecs.service import deployment, deployments, events, load_balancers, service_deployments
from emulator.cloud.ecs.service.service_state import live_tasks, service_state
from emulator.cloud.ecs.service.throttle import Wait
from emulator.cloud.ecs.strategies import progress
from emulator.cloud.ecs.tasks import running_tasks
from emulator.cloud.elb import targets
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

log = logging.getLogger("sluice.scheduler")
_PULSE_SECONDS = 0.5
_wake = threading.Event()
_waits: dict[str, Wait] = {}
# Held by whoever changes the list of a service's deployments.
one_at_a_time = threading.RLock()


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
    replace(ecs, "_make_deployment", deployments.make)
    running_tasks.task_changed.append(_wake.set)
    targets.listeners_for_change.append(_wake.set)
    threading.Thread(target=_run, daemon=True, name="sluice-scheduler").start()


CORRECTION = Correction(
    rule="A service's deployment is complete when its tasks are healthy, and rolls back when they fail.",
    fault="A deployment is complete when its tasks have run for a second, healthy or not.",
    ministack="1.5.33",
    install=install,
)


def wake() -> None:
    """Look at the services now."""
    _wake.set()


def _run() -> None:
    while True:
        _wake.wait(_PULSE_SECONDS)
        _wake.clear()
        for (account, region, key), service in ecs._services.all_items():
            try:
                with request_scope(account, region), one_at_a_time:
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
    seen = service_state(service, tasks, wait, time.time())
    _count(service, seen)
    if service["status"] == "ACTIVE":
        shifting = progress.advance(service, seen)
        for action in deployment.decide(seen) if shifting is None else shifting:
            _perform(cluster, service, tasks, action, wait)
        if shifting is None and deployment.stuck(seen):
            events.once(service, service["deployments"][0], events.STUCK)
    elif all(task["lastStatus"] in ("STOPPING", "DEPROVISIONING", "STOPPED") for task in tasks):
        # "After all tasks have transitioned to either STOPPING or STOPPED" (API reference, DeleteService).
        service["status"] = "INACTIVE"
        service_deployments.forget(service)
        return
    service_deployments.refresh(service, tasks)


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
                for one in load_balancers.of_task(service, task.get("_deployment_id") or "")
            ]
            for group, host, port in task["_registered"]:
                targets.register(group, host, port)
        for group, _, _ in task["_registered"]:
            events.add(service, events.registered(group))


def _count(service: dict[str, Any], seen: deployment.Service) -> None:
    """What DescribeServices counts: tasks RUNNING and tasks not yet, over all and per deployment."""
    running = [task for task in seen.tasks if task.running and not task.stopping]
    pending = [task for task in seen.tasks if not task.running and not task.stopping]
    service.update(runningCount=len(running), pendingCount=len(pending))
    present = {task.deployment for task in seen.tasks}
    for one in service["deployments"]:
        one["runningCount"] = sum(task.deployment == one["id"] for task in running)
        one["pendingCount"] = sum(task.deployment == one["id"] for task in pending)
    deployments.listed(service, present)


def _perform(
    cluster: str, service: dict[str, Any], tasks: list[dict[str, Any]], action: deployment.Action, wait: Wait
) -> None:
    if isinstance(action, deployment.Launch):
        _launch(cluster, service, action)
    elif isinstance(action, deployment.Stop):
        _stop(service, next(one for one in tasks if one["taskArn"] == action.task), action, wait)
    elif isinstance(action, deployment.Bake):
        deployments.bake(service, action.deployment, time.time())
    elif isinstance(action, deployment.Complete):
        deployments.complete(service, action.deployment)
    else:
        deployments.fail(service, action)
    _wake.set()


def _stop(service: dict[str, Any], task: dict[str, Any], action: deployment.Stop, wait: Wait) -> None:
    # As they are before the task leaves its groups: ECS tells what the checks got, not that it deregisters.
    registered = [(*one, targets.registered.health(*one)) for one in task.get("_registered") or []]
    if not running_tasks.stop(task, action.reason, "ServiceSchedulerInitiated", drain=True):
        return
    if "container health checks" in action.reason:
        events.add(service, events.failed_container_checks(action.task))
    for group, _, port, found in registered:
        if found is not None and group in action.reason:
            events.add(service, events.unhealthy(action.task, port, group, found.description))
        events.add(service, events.deregistered(group))
    if registered:
        events.add(service, events.draining())
    events.add(service, events.stopped(action.task))
    if action.failed:
        wait.fail(task, service)


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
    events.add(service, events.started(one["taskArn"] for one in json.loads(body)["tasks"]))
