"""MiniStack's service and task records as the plain data that the scheduler decides on."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from ministack.services import ecs

from local.cloud.ecs import deployment, health
from local.cloud.elb import targets

_LONGEST_WAIT_SECONDS = 900.0
_FAILURES = ("TaskFailedToStart", "EssentialContainerExited")


@dataclasses.dataclass
class Wait:
    """What the scheduler remembers of one service.

    AWS, "Service throttle logic" (ECS developer guide): tasks that repeatedly fail before RUNNING are retried ever
    slower, up to 15 minutes; those that reached RUNNING are not held back; a new deployment starts afresh.
    """

    deployment: str = ""
    failed_starts: int = 0
    until: float = 0.0

    def begin(self, deployment: str) -> None:
        """Another deployment is PRIMARY."""
        if self.deployment != deployment:
            self.deployment, self.failed_starts, self.until = deployment, 0, 0.0

    def fail(self, task: dict[str, Any], service: dict[str, Any]) -> None:
        """A task of its deployment failed, and counts once."""
        if task.get("_counted"):
            return
        task["_counted"] = True
        for one in service["deployments"]:
            if one["id"] == task.get("_deployment_id"):
                one["failedTasks"] = int(one["failedTasks"]) + 1

    def failed_start(self, now: float) -> None:
        """It never ran: the next one waits twice as long."""
        self.failed_starts += 1
        if self.failed_starts > 1:
            self.until = now + min(2.0 ** (self.failed_starts - 2), _LONGEST_WAIT_SECONDS)


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


def view(service: dict[str, Any], tasks: list[dict[str, Any]], wait: Wait, now: float) -> deployment.Service:
    """The scheduler's view of a service, after counting the failures and recoveries since the last one."""
    configuration = service.get("deploymentConfiguration") or {}
    breaker = configuration.get("deploymentCircuitBreaker") or {}
    custom = breaker.get("thresholdConfiguration") or {}
    primary = next((one["id"] for one in service["deployments"] if one["status"] == "PRIMARY"), "")
    wait.begin(primary)
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
        threshold=deployment.threshold(
            int(service["desiredCount"]), custom.get("type", "BOUNDED_PERCENT"), float(custom.get("value", 50))
        ),
        deployments=tuple(
            deployment.Deployment(one["id"], one["status"] == "PRIMARY", one["rolloutState"], int(one["failedTasks"]))
            for one in service["deployments"]
        ),
        tasks=tuple(seen),
        launch_allowed=now >= wait.until,
    )


def _task(service: dict[str, Any], task: dict[str, Any], now: float) -> deployment.Task:
    running = task["lastStatus"] == "RUNNING"
    seconds = now - seconds_since_epoch(task["startedAt"]) if running and task.get("startedAt") else 0.0
    groups = [one for one in service["loadBalancers"] if one.get("targetGroupArn")]
    address = ecs._task_ip(task) or ""
    found = [targets.registered.health(one["targetGroupArn"], address, one["containerPort"]) for one in groups]
    states = [one.state if one is not None else None for one in found]
    grace = float(service.get("healthCheckGracePeriodSeconds") or 0)
    return deployment.Task(
        task["taskArn"],
        task.get("_deployment_id") or "",
        seconds_since_epoch(task["createdAt"]),
        running,
        task["desiredStatus"] == "STOPPED",
        health.healthy(running, seconds, states),
        health.failed_checks(running, seconds, grace, states),
    )


def _note(
    service: dict[str, Any], task: dict[str, Any], seen: deployment.Task, wait: Wait, now: float, reset: bool
) -> None:
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
    if task["lastStatus"] == "STOPPED":
        task["_seen_stopped"] = True


def seconds_since_epoch(when: str) -> float:
    """MiniStack's time stamps as seconds since the epoch."""
    return datetime.fromisoformat(when).timestamp()
