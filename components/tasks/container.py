"""One container of a task, as the JSON that ECS takes.

Every field that AWS would fill in by itself is written out, lists are sorted: so what AWS returns equals what was
sent, and no update sees a difference that is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from components.tasks.isolation import Isolation

LogMode = Literal["blocking", "non-blocking"]


@dataclass(frozen=True)
class HealthCheck:
    """The container's own check: command in ECS' form, seconds and counts as in ECS' HealthCheck."""

    command: Sequence[str]
    start_period: int
    interval: int
    timeout: int
    retries: int


@dataclass(frozen=True)
class Container:
    """What a container is, apart from what is only known while deploying.

    Attributes:
        name: unique in the task.
        port: TCP port it listens on, None for one that serves nobody.
        stop_timeout: seconds from SIGTERM to SIGKILL; Fargate takes 2 to 120.
        entry_point: in place of the image's ENTRYPOINT; empty: the image's.
        isolation: what it may do to what it stands on.
        log_mode: `blocking` loses no line but halts the program while CloudWatch Logs does not answer; `non-blocking`
            never halts it but may lose lines.
    """

    name: str
    log_mode: LogMode
    stop_timeout: int
    port: int | None = None
    health: HealthCheck | None = None
    entry_point: Sequence[str] = ()
    isolation: Isolation = field(default_factory=Isolation)


def definition(
    container: Container,
    *,
    image: str,
    environment: Mapping[str, str],
    secrets: Mapping[str, str],
    log_group: str,
    region: str,
) -> dict[str, Any]:
    """A ContainerDefinition of the Amazon ECS API.

    Args:
        image: by digest.
        environment: name to value.
        secrets: name to `valueFrom`. The log's stream is NAME/NAME/TASK-ID.
    """
    definition: dict[str, Any] = {
        "name": container.name,
        "image": image,
        "essential": True,
        "cpu": 0,
        "environment": [{"name": name, "value": environment[name]} for name in sorted(environment)],
        "secrets": [{"name": name, "valueFrom": secrets[name]} for name in sorted(secrets)],
        "portMappings": _ports(container.port),
        "volumesFrom": [],
        "systemControls": [],
        "stopTimeout": container.stop_timeout,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": region,
                "awslogs-stream-prefix": container.name,
                "mode": container.log_mode,
            },
        },
        **container.isolation.members(),
    }
    if container.entry_point:
        definition["entryPoint"] = list(container.entry_point)
    if container.health is not None:
        definition["healthCheck"] = {
            "command": list(container.health.command),
            "interval": container.health.interval,
            "timeout": container.health.timeout,
            "retries": container.health.retries,
            "startPeriod": container.health.start_period,
        }
    return definition


def rendered(definition: Mapping[str, Any]) -> str:
    """A task definition's containerDefinitions with this one container, the same text for the same content."""
    return json.dumps([definition], sort_keys=True)


def _ports(port: int | None) -> list[dict[str, Any]]:
    # In awsvpc mode a container has its own network interface: the host's port is the container's.
    return [] if port is None else [{"containerPort": port, "hostPort": port, "protocol": "tcp"}]
