"""The task sizes that Fargate offers.

Source: RegisterTaskDefinition, parameters cpu and memory, of the Amazon ECS API reference
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html).
"""

from __future__ import annotations

MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""CPU units (1024 = one vCPU) to the memory sizes (MiB) that may go with them."""


def wrong_cpu(cpu: int) -> str | None:
    """What to write instead of a CPU size that Fargate does not offer; None when it does."""
    if cpu in MEMORY:
        return None
    return f"Fargate does not offer {cpu} CPU units; use one of {listed(tuple(MEMORY))}"


def wrong_memory(cpu: int, memory: int) -> str | None:
    """What to write instead of a memory size that Fargate does not offer with these CPU units; None when it does."""
    if memory in MEMORY[cpu]:
        return None
    return f"Fargate does not offer {memory} MiB with cpu {cpu}; use {listed(MEMORY[cpu])}"


def listed(sizes: tuple[int, ...]) -> str:
    """Sizes for people: all of a short list, else the ends and the step."""
    if len(sizes) <= 7:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"
