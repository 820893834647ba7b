"""Sizes of Fargate tasks."""

from __future__ import annotations

import pytest

from infra.settings.values import sizes


@pytest.mark.parametrize(
    ("cpu", "least", "most", "count"),
    [
        (256, 512, 2048, 3),
        (512, 1024, 4096, 4),
        (1024, 2048, 8192, 7),
        (2048, 4096, 16384, 13),
        (4096, 8192, 30720, 23),
        (8192, 16 * 1024, 60 * 1024, 12),
        (16384, 32 * 1024, 120 * 1024, 12),
    ],
)
def test_fargate_sizes(cpu: int, least: int, most: int, count: int) -> None:
    offered = sizes.TASK_MEMORY[cpu]
    assert (min(offered), max(offered), len(offered)) == (least, most, count)
