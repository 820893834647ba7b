"""The pauses of polling, of reading and of starting again."""

from __future__ import annotations

import pytest

from sluice.migration.step.shard import backoff_seconds, poll_seconds, read_seconds


@pytest.mark.parametrize(
    ("elapsed", "seconds"), [(0, 0.3), (1.8, 0.3), (6, 1), (60, 10), (120, 20), (126, 20), (9e9, 20)]
)
def test_a_task_is_polled_less_often_the_longer_it_runs(elapsed: float, seconds: float) -> None:
    assert poll_seconds(elapsed) == seconds


@pytest.mark.parametrize(("elapsed", "seconds"), [(0, 1), (5, 1), (10, 2), (60, 12), (150, 30), (155, 30), (9e9, 30)])
def test_a_log_is_read_less_often_the_longer_the_task_runs(elapsed: float, seconds: float) -> None:
    assert read_seconds(elapsed) == seconds


@pytest.mark.parametrize(
    ("starts", "chance", "seconds"),
    [(1, 0, 1), (1, 1, 2), (2, 0.5, 3), (3, 1, 8), (5, 1, 32), (6, 0, 30), (6, 1, 60), (50, 1, 60)],
)
def test_the_pause_before_a_start_doubles_up_to_a_minute(starts: int, chance: float, seconds: float) -> None:
    assert backoff_seconds(starts, chance) == seconds
