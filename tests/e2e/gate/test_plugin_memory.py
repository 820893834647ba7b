"""The plugin stays small: `python -m tests.soak.plugin_memory` measures for longer."""

from __future__ import annotations

from tests.soak.plugin_memory import LINES, RUNS, SHARDS, measure


def test_a_hundred_shards_take_little_memory() -> None:
    """Two runs of fifty shards on real clients; measured: 25 MiB above idle, most of it boto3's own clients."""
    memory = measure(reads=3 * RUNS * SHARDS)
    assert memory.reads >= 3 * RUNS * SHARDS
    assert memory.lines >= 2 * RUNS * SHARDS * LINES
    assert memory.above_idle < 100, memory
