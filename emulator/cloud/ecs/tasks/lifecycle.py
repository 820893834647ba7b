"""The record of a task as it moves through its life.

AWS, "Amazon ECS task lifecycle" (developer guide): … RUNNING → DEACTIVATING (leaves its target groups) → STOPPING
(SIGTERM, then SIGKILL after stopTimeout) → DEPROVISIONING → STOPPED. desiredStatus turns STOPPED at the beginning of
that road, stoppedAt is set at its end. MiniStack goes down it in one step and says STOPPED before the container has
ended.
"""

from __future__ import annotations

from typing import Any

from ministack.core.concurrency import resource_lock
from ministack.services import ecs, ecs_metadata

from emulator.cloud.ecs.containers.container_health import worst


def begin_stop(task: dict[str, Any], reason: str, code: str) -> bool:
    """The task is wanted STOPPED from now on. False when it was already."""
    with resource_lock("ecs-task", task["taskArn"]):
        if task["desiredStatus"] == "STOPPED":
            return False
        ecs._bump_task_version(task)
        task.update(desiredStatus="STOPPED", stoppingAt=ecs._iso(), stoppedReason=reason, stopCode=code)
    ecs_metadata.set_task_status(task["taskArn"], desired_status="STOPPED")
    return True


def advance(task: dict[str, Any], status: str) -> None:
    """Set lastStatus."""
    with resource_lock("ecs-task", task["taskArn"]):
        task["lastStatus"] = status
        if status == "DEPROVISIONING":
            ecs._bump_task_version(task)
            task["executionStoppedAt"] = task.get("executionStoppedAt") or ecs._iso()
    ecs_metadata.set_task_status(task["taskArn"], known_status=status)


def ended(task: dict[str, Any], index: int, exit_code: int | None, reason: str = "") -> None:
    """One container of the task has ended; without an exit code it never started."""
    with resource_lock("ecs-task", task["taskArn"]):
        container = task["containers"][index]
        container["lastStatus"] = "STOPPED"
        if exit_code is not None:
            container["exitCode"] = exit_code
        if reason:
            container["reason"] = reason[:1024]


def health(task: dict[str, Any], index: int, status: str) -> None:
    """One container's health has changed, and with it perhaps the task's (container_health.py)."""
    with resource_lock("ecs-task", task["taskArn"]):
        ecs._bump_task_version(task)
        task["containers"][index]["healthStatus"] = status
        essential = zip(task["containers"], task["_container_essentials"], strict=True)
        task["healthStatus"] = worst([one["healthStatus"] for one, counts in essential if counts])


def finish(task: dict[str, Any]) -> None:
    """The task is STOPPED: every container has ended and its last log line is in CloudWatch Logs."""
    with resource_lock("ecs-task", task["taskArn"]):
        ecs._bump_task_version(task)
        for container in task["containers"]:
            container["lastStatus"] = "STOPPED"
        task["executionStoppedAt"] = task.get("executionStoppedAt") or ecs._iso()
        task["stoppedAt"] = ecs._iso()
        task["lastStatus"] = "STOPPED"
    ecs_metadata.set_task_status(task["taskArn"], known_status="STOPPED", desired_status="STOPPED")
    ecs_metadata.set_all_container_status(task["taskArn"], "STOPPED")
    cluster = ecs._cluster_name_from_arn(task["clusterArn"])
    if cluster:
        ecs._recount_cluster(cluster)
