"""The daily and weekly windows of RDS in UTC: `03:00-04:00`, `sun:04:30-sun:05:30`."""

from __future__ import annotations

import re

SHORTEST = 30
"""Minutes (PreferredBackupWindow and PreferredMaintenanceWindow in the Amazon RDS API reference)."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY, WEEK = 24 * 60, 7 * 24 * 60
"""Minutes."""


def is_window(text: str, *, like: str) -> bool:
    """Whether a text is a daily or a weekly window. like: an example of the one that is needed."""
    time = r"([01]\d|2[0-3]):[0-5]\d"
    point = rf"({'|'.join(DAYS)}):{time}" if like[0].isalpha() else time
    return re.fullmatch(f"{point}-{point}", text) is not None


def minutes(window: str) -> int:
    """Length of a window in minutes. One that ends before it begins ends on the next day, or in the next week."""
    begin, end = begin_and_end(window)
    return (end - begin) % (WEEK if window[0].isalpha() else DAY)


def overlap(daily: str, weekly: str) -> bool:
    """Whether the daily window overlaps the weekly one on any day."""
    begin, length = begin_and_end(weekly)[0], minutes(weekly)
    for day in range(7):
        other = day * DAY + begin_and_end(daily)[0]
        if (other - begin) % WEEK < length or (begin - other) % WEEK < minutes(daily):
            return True
    return False


def begin_and_end(window: str) -> tuple[int, int]:
    """Minutes since Monday of a weekly window, since midnight of a daily one."""
    begin, _, end = window.partition("-")
    return minute(begin), minute(end)


def minute(point: str) -> int:
    """Minutes from Monday to `sun:04:30`, or from midnight to `04:30`."""
    *day, hours, rest = point.split(":")
    return (DAYS.index(day[0]) * DAY if day else 0) + int(hours) * 60 + int(rest)
