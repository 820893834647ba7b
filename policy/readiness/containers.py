"""Rules on the isolation of containers: what a compromised program can reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .rule import Judged, PolicyRule, RuleScope
from .service import TASKS, containers
from .stack import StackResource, mappings

ROOT = ("root", "")
"""Names of the root user; the second is what remains of `0` without its leading zeros."""
GIVEN = 14
"""Capabilities that Docker gives a container ("Runtime privilege and Linux capabilities" in its run reference)."""
MOST_KEPT = 3
"""Capabilities that a container may keep."""


def _isolated(one: StackResource) -> Judged:
    for container in containers(one):
        name = container.get("name")
        if container.get("readonlyRootFilesystem") is not True:
            yield f"container {name} can write to its whole file system"
        linux = _mapping(container.get("linuxParameters"))
        capabilities = _mapping(linux.get("capabilities"))
        if added := _texts(capabilities.get("add")):
            yield f"container {name} is given the capabilities {', '.join(added)}"
        dropped = {text.upper() for text in _texts(capabilities.get("drop"))}
        if not dropped:
            yield f"container {name} keeps all capabilities that Docker gives"
        elif "ALL" not in dropped and len(dropped) < GIVEN - MOST_KEPT:
            kept = GIVEN - len(dropped)
            yield f"container {name} keeps capabilities, {kept} of the {GIVEN} that Docker gives"
        if linux.get("initProcessEnabled") is not True:
            yield f"container {name} has no init process: orphaned processes remain, and signals may not arrive"
        user = str(container.get("user") or "").partition(":")[0]
        if user and user.lstrip("0") in ROOT:
            yield f"container {name} runs as root"


def _mapping(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, Mapping) else {}


def _texts(said: Any) -> list[str]:
    return [str(one) for one in said] if isinstance(said, Iterable) and not isinstance(said, str) else []


def _ephemeral(one: StackResource) -> Judged:
    """Yield volumes of the host, which all its tasks share; empty volumes and EFS ones belong to the task."""
    for volume in mappings(one.get("volumes")):
        if volume.get("hostPath") or volume.get("dockerVolumeConfiguration"):
            yield f"the volume {volume.get('name')} is a folder of the host"


RULES = [
    PolicyRule(
        "isolated-containers",
        "Containers write only to named folders, have no capability that they do not ask for, and are not root",
        "app.readOnly: true with app.writable; app.capabilities; app.user",
        RuleScope.PRODUCTION,
        TASKS,
        _isolated,
    ),
    PolicyRule(
        "no-host-volumes",
        "Containers see no folder of their host",
        "leave hostPath and dockerVolumeConfiguration out; app.writable makes empty volumes",
        RuleScope.EVERYWHERE,
        TASKS,
        _ephemeral,
    ),
]
