"""Sizes that AWS offers: CPU and memory of Fargate tasks, memory and connections of RDS instance classes.

Source of the task sizes: RegisterTaskDefinition, parameters cpu and memory, in the Amazon ECS API reference
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html).
"""

from __future__ import annotations

import re

TASK_MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""CPU units of a Fargate task (1024 are one vCPU) to the memory sizes (MiB) that Fargate offers with them."""

GIB = 1024**3

T_MEMORY = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}
"""GiB of the burstable RDS classes, by size."""

LARGE_MEMORY = {"m": 8, "r": 16, "x": 32}
"""GiB of `large` in the other RDS families; `xlarge` has twice as much, `Nxlarge` N times `xlarge` ("DB instance
classes" in the Amazon RDS user guide)."""

RDS_OVERHEAD = 256 * 1024**2
"""Bytes of the smallest instance that RDS itself uses."""


def wrong_cpu(cpu: int) -> str:
    """Why Fargate does not take these CPU units; empty if it does."""
    if cpu in TASK_MEMORY:
        return ""
    return f"Fargate does not offer {cpu} CPU units; use one of {listed(tuple(TASK_MEMORY))}"


def wrong_memory(cpu: int, memory: int) -> str:
    """Why Fargate does not take this memory (MiB) with these CPU units; empty if it does."""
    if memory in TASK_MEMORY[cpu]:
        return ""
    return f"Fargate does not offer {memory} MiB with cpu {cpu}; use {listed(TASK_MEMORY[cpu])}"


def listed(sizes: tuple[int, ...]) -> str:
    """Sizes as text: all of a short list, else the first, the last and the step."""
    if len(sizes) <= 7:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"


def memory(instance_class: str) -> int | None:
    """Bytes of memory of an RDS instance class; None for a class that is not known here."""
    found = re.fullmatch(r"db\.([a-z]+)\d\w*\.(micro|small|medium|large|(\d*)xlarge)", instance_class)
    if found is None:
        return None
    family, size, times = found[1], found[2], found[3]
    if family == "t":
        return T_MEMORY[size] * GIB if size in T_MEMORY else None
    large = LARGE_MEMORY.get(family[0])
    if large is None or size in ("micro", "small", "medium"):
        return None
    return large * GIB if size == "large" else 2 * large * GIB * int(times or 1)


def max_connections(instance_class: str) -> int | None:
    """Connections that PostgreSQL allows with the default parameter group; None for a class that is not known here.

    RDS sets LEAST(DBInstanceClassMemory / 9531392, 5000). DBInstanceClassMemory is the memory without what RDS uses
    ("Quotas and constraints for Amazon RDS" in the Amazon RDS user guide), so this estimate is on the low side.
    """
    total = memory(instance_class)
    return None if total is None else min((total - RDS_OVERHEAD) // 9531392, 5000)
