"""From PROVISIONING to RUNNING: secrets, log groups, images, containers, or the reason why not.

AWS, "Stopped tasks error messages" (ECS developer guide): a task that cannot start stops with stopCode
TaskFailedToStart, the error's category before its text, and no exit code.
"""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

from ministack.core.concurrency import resource_lock
from ministack.services import ecs, ecs_metadata

from emulator.cloud.ecr.registry import Registry
from emulator.cloud.ecs.containers import credentials, images, logs, memory, secrets, volumes
from emulator.cloud.ecs.tasks import lifecycle


class StartError(Exception):
    """The task cannot start; the text is its stoppedReason."""


@dataclasses.dataclass
class Running:
    """One container that was started."""

    index: int
    container: Any
    stop_timeout: int
    essential: bool
    follower: threading.Thread | None


def start(
    task: dict[str, Any],
    definition: dict[str, Any],
    overrides: list[dict[str, Any]],
    client: Any,
    registry: Registry,
    home: str,
    started: list[Running],
) -> bool:
    """Start every container of the task, adding each to `started` as soon as it runs.

    Returns:
        Whether the task became RUNNING; False when it was told to stop meanwhile.

    Raises:
        StartError: with AWS's text.
    """
    arn = task["taskArn"]
    if not (ecs._mark_task_pending(arn, task) and ecs._mark_task_activating(arn, task)):
        return False
    try:
        environments = [_environment(container, overrides) for container in definition["containerDefinitions"]]
        for container in definition["containerDefinitions"]:
            logs.require_group(container)
        role = definition.get("executionRoleArn", "")
        pulled = [
            images.pull(client, container["image"], registry, home, role)
            for container in definition["containerDefinitions"]
        ]
        for index in range(len(pulled)):
            with resource_lock("ecs-task", arn):
                if not ecs._task_is_active(arn, task):
                    return False
                if pulled[index].digest:
                    task["containers"][index]["imageDigest"] = pulled[index].digest
                task["pullStoppedAt"] = ecs._iso()
            started.append(_run(task, definition, index, environments[index], overrides, client, pulled[index], home))
    except ecs._SecretResolutionError as error:
        raise StartError(secrets.reason(str(error))) from error
    except (logs.MissingLogGroupError, images.CannotPullError, images.CannotStartError, volumes.NoVolumeError) as error:
        raise StartError(str(error)) from error
    return bool(ecs._mark_task_running(arn, task))


def _environment(container: dict[str, Any], overrides: list[dict[str, Any]]) -> dict[str, str]:
    override = ecs._container_override_for(overrides, container["name"])
    plain = {one["name"]: one["value"] for one in container.get("environment", [])}
    over = {one["name"]: one["value"] for one in override.get("environment", [])}
    return {**plain, **ecs._resolve_container_secrets(container), **over}


def _run(
    task: dict[str, Any],
    definition: dict[str, Any],
    index: int,
    environment: dict[str, str],
    overrides: list[dict[str, Any]],
    client: Any,
    image: images.Image,
    account: str,
) -> Running:
    container = definition["containerDefinitions"][index]
    token = ecs._register_metadata(
        task["taskArn"],
        task["clusterArn"],
        definition,
        container,
        task.get("launchType", "EC2"),
        environment,
        False,
        None,
    )
    credentials.give(task, definition, environment)
    with resource_lock("ecs-task", task["taskArn"]):
        task.setdefault("_metadata_tokens", []).append(token)
    override = ecs._container_override_for(overrides, container["name"])
    arguments = images.arguments(container, definition, override, environment, task)
    identity = task["taskArn"].rpartition("/")[2]
    arguments["mounts"] = volumes.mounts(container, definition, image.volumes, identity, account)
    arguments["tmpfs"] = volumes.tmpfs(container)
    made = images.run(client, image, {**arguments, **memory.limit(container, definition)})
    with resource_lock("ecs-task", task["taskArn"]):
        task.setdefault("_docker_ids", []).append(made.id)
        task["containers"][index].update(runtimeId=made.id[:12], lastStatus="RUNNING")
    ecs_metadata.set_docker_id(token, made.id)
    ecs_metadata.set_container_status(token, "RUNNING")
    ecs._record_task_ip(task, made, None)
    follower = logs.follow(made, container, task["taskArn"].rsplit("/", 1)[-1])
    return Running(
        index, made, int(container.get("stopTimeout") or 30), bool(container.get("essential", True)), follower
    )


def fail(task: dict[str, Any], reason: str) -> None:
    """Record why the task never ran."""
    lifecycle.begin_stop(task, reason, "TaskFailedToStart")
    for index, container in enumerate(task["containers"]):
        if container.get("lastStatus") != "RUNNING":
            lifecycle.ended(task, index, None, reason)
