"""Windows of RDS: their length, and whether they overlap."""

from __future__ import annotations

import pytest

from infra.settings.values import windows


@pytest.mark.parametrize(
    ("daily", "weekly", "both"),
    [
        ("03:00-04:00", "sun:04:00-sun:05:00", False),
        ("03:00-04:00", "sun:03:30-sun:05:00", True),
        ("23:30-00:30", "mon:00:00-mon:01:00", True),
        ("23:30-00:30", "sun:23:00-mon:00:00", True),
        ("23:00-23:30", "sun:23:30-mon:01:00", False),
        ("12:00-12:30", "sun:00:00-mon:00:00", True),
    ],
)
def test_windows_overlap(daily: str, weekly: str, both: bool) -> None:
    assert windows.overlap(daily, weekly) is both


@pytest.mark.parametrize(("window", "minutes"), [("03:00-04:00", 60), ("23:45-00:15", 30), ("sun:23:30-mon:00:30", 60)])
def test_windows_have_a_length(window: str, minutes: int) -> None:
    assert windows.minutes(window) == minutes
