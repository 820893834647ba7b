"""How a container is kept to itself: read-only root, capabilities, an init process. Docker's arguments for it. Pure.

AWS, ContainerDefinition, LinuxParameters and KernelCapabilities (ECS API reference): `readonlyRootFilesystem`,
`initProcessEnabled` (Docker's --init), `capabilities` added to and dropped from Docker's default. Fargate has no
`dockerSecurityOptions`, so a container may gain privileges by a set-user-id program here as there; one without
capabilities gains none by it. MiniStack knows none of them but `add`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.cloud.ecs.tasks.fargate import ADDED

_OF_THE_HOST = ("privileged", "volumes", "pid_mode", "network_mode", "cap_add", "devices", "security_opt")


def without_host(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """MiniStack's arguments without any that would give a container something of this machine.

    RegisterTaskDefinition refuses what leads to them (fargate.py); this holds for whatever it lets through.
    """
    return {name: value for name, value in arguments.items() if name not in _OF_THE_HOST}


def arguments(container: Mapping[str, Any]) -> dict[str, Any]:
    """Docker's arguments for one container definition."""
    linux = container.get("linuxParameters") or {}
    capabilities = linux.get("capabilities") or {}
    added = sorted(ADDED.intersection(capabilities.get("add") or []))
    dropped = list(capabilities.get("drop") or [])
    return {
        **({"read_only": True} if container.get("readonlyRootFilesystem") else {}),
        **({"init": True} if linux.get("initProcessEnabled") else {}),
        **({"cap_add": added} if added else {}),
        **({"cap_drop": dropped} if dropped else {}),
    }
