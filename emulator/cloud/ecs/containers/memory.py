"""A container that uses more memory than it may is killed, and its reason says so.

AWS, ContainerDefinition.memory (ECS API reference): a hard limit, the container is killed beyond it; without one the
task's memory is all there is. "Stopped tasks error messages" (developer guide): exit code 137 and the container's
reason `OutOfMemoryError: Container killed due to memory usage`. MiniStack gives containers the whole machine. The
task's memory is here each container's limit, not the sum's: no test of ours needs the sum.
"""

from __future__ import annotations

from typing import Any

REASON = "OutOfMemoryError: Container killed due to memory usage"
_KILLED = 137


def limit(definition: dict[str, Any], task_definition: dict[str, Any]) -> dict[str, str]:
    """Docker's arguments for the container's limit; none where neither container nor task has one."""
    mebibytes = definition.get("memory") or task_definition.get("memory")
    if not mebibytes:
        return {}
    size = f"{int(mebibytes)}m"
    return {"mem_limit": size, "memswap_limit": size}  # Fargate has no swap


def reason(state: dict[str, Any], exit_code: int | None) -> str:
    """The container's reason, from Docker's `State`: of one killed for its memory; else empty."""
    return REASON if exit_code == _KILLED and state.get("OOMKilled") else ""
