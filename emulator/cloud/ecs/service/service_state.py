"""MiniStack's service and task records as the plain data that the scheduler decides on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ministack.services import ecs

from emulator.cloud.ecs.containers import container_health
from emulator.cloud.ecs.service import alarms, deployment, deployments, events, health, load_balancers
from emulator.cloud.ecs.service.throttle import Wait
from emulator.cloud.elb import targets
from emulator.cloud.elb.health import State
from emulator.cloud.settings import shortened

_FAILURES = ("TaskFailedToStart", "EssentialContainerExited")


def live_tasks(service: dict[str, Any]) -> list[dict[str, Any]]:
    """The service's tasks that are not STOPPED, and those whose end has not been counted yet."""
    group = f"service:{service['serviceName']}"
    return [
        task
        for task in ecs._tasks.values()
        if task.get("group") == group
        and task.get("clusterArn") == service["clusterArn"]
        and (task["lastStatus"] != "STOPPED" or not task.get("_seen_stopped"))
    ]


def service_state(service: dict[str, Any], tasks: list[dict[str, Any]], wait: Wait, now: float) -> deployment.Service:
    """The scheduler's view of a service, after counting the failures and recoveries since the last one."""
    configuration = service.get("deploymentConfiguration") or {}
    breaker = configuration.get("deploymentCircuitBreaker") or {}
    primary = next((one for one in service["deployments"] if one["status"] == "PRIMARY"), {"id": ""})
    wait.begin(primary["id"])
    seen = []
    for task in tasks:
        one = _task(service, task, now)
        _note(service, task, one, wait, now, breaker.get("resetOnHealthyTask", True))
        if task["lastStatus"] != "STOPPED":
            seen.append(one)
    return deployment.Service(
        desired=int(service["desiredCount"]),
        minimum_percent=int(configuration.get("minimumHealthyPercent", 100)),
        maximum_percent=int(configuration.get("maximumPercent", 200)),
        breaker=bool(breaker.get("enable")),
        rollback=bool(breaker.get("rollback")),
        threshold=deployments.breaker_threshold(service),
        deployments=deployments.seen(service),
        tasks=tuple(seen),
        launch_allowed=now >= wait.until,
        alarms=alarms.triggered(service, primary),
        alarm_rollback=bool((configuration.get("alarms") or {}).get("rollback")),
        bake=_bake(service, primary, now),
    )


def _bake(service: dict[str, Any], primary: dict[str, Any], now: float) -> float | None:
    """Seconds of bake time still to come; None when it has not begun."""
    needed = shortened(alarms.bake(service))
    if not needed:
        return 0.0
    since = primary.get("_baking_since")
    return None if since is None else since + needed - now


def _task(service: dict[str, Any], task: dict[str, Any], now: float) -> deployment.Task:
    running = task["lastStatus"] == "RUNNING"
    seconds = now - seconds_since_epoch(task["startedAt"]) if running and task.get("startedAt") else 0.0
    checked = health.Checked(running, seconds, _targets(service, task), _container_health(task))
    return deployment.Task(
        task["taskArn"],
        task.get("_deployment_id") or "",
        seconds_since_epoch(task["createdAt"]),
        running,
        task["desiredStatus"] == "STOPPED",
        health.healthy(checked, shortened(health.STEADY_SECONDS)),
        health.failed_checks(checked, shortened(float(service.get("healthCheckGracePeriodSeconds") or 0))),
    )


def _targets(service: dict[str, Any], task: dict[str, Any]) -> tuple[tuple[str, State | None], ...]:
    address = ecs._task_ip(task) or ""
    seen = []
    for one in load_balancers.of_task(service, task.get("_deployment_id") or ""):
        found = targets.registered.health(one["targetGroupArn"], address, one["containerPort"])
        seen.append((one["targetGroupArn"], found.state if found is not None else None))
    return tuple(seen)


def _container_health(task: dict[str, Any]) -> str | None:
    """The task's healthStatus; None when none of its essential containers has a check."""
    definition = ecs._task_defs.get(ecs._resolve_td_key(task["taskDefinitionArn"])) or {}
    containers = definition.get("containerDefinitions") or []
    checked = any(one.get("essential", True) and container_health.of(one) is not None for one in containers)
    return str(task["healthStatus"]) if checked else None


def _note(
    service: dict[str, Any], task: dict[str, Any], seen: deployment.Task, wait: Wait, now: float, reset: bool
) -> None:
    """Count what happened to a task: the first stage of the breaker here, the second where the scheduler stops it."""
    mine = next((one for one in service["deployments"] if one["id"] == seen.deployment), None)
    if seen.healthy and not seen.stopping and not task.get("_was_healthy"):
        task["_was_healthy"] = True
        wait.failed_starts = 0
        if mine is not None and reset:
            mine["failedTasks"] = 0
    if (
        seen.stopping
        and task.get("stopCode") in _FAILURES
        and not task.get("_was_healthy")
        and not task.get("_counted")
    ):
        wait.fail(task, service)
        if task["stopCode"] == "TaskFailedToStart" and seen.deployment == wait.deployment:
            wait.failed_start(now)
            if mine is not None and wait.until > now:
                events.once(service, mine, events.INCONSISTENT)
    if task["lastStatus"] == "STOPPED":
        task["_seen_stopped"] = True


def seconds_since_epoch(when: str) -> float:
    """MiniStack's time stamps as seconds since the epoch."""
    return datetime.fromisoformat(when).timestamp()
