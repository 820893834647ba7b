"""The weekly and daily windows of RDS: `sun:04:30-sun:05:30`, `03:00-04:00`, in UTC."""

from __future__ import annotations

import re

SHORTEST = 30
"""Minutes (PreferredBackupWindow and PreferredMaintenanceWindow in the Amazon RDS API reference)."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY, WEEK = 24 * 60, 7 * 24 * 60


def is_one(window: str, *, like: str) -> bool:
    """Whether a text has the form of the other one, which is a window: daily or weekly."""
    time = r"([01]\d|2[0-3]):[0-5]\d"
    point = rf"({'|'.join(DAYS)}):{time}" if like[0].isalpha() else time
    return re.fullmatch(f"{point}-{point}", window) is not None


def minutes(window: str) -> int:
    """How long a window is; one that ends at an earlier hour ends the next day, or week."""
    begin, end = _ends(window)
    return (end - begin) % (WEEK if window[0].isalpha() else DAY)


def overlap(daily: str, weekly: str) -> bool:
    """Whether the daily window, on any day, shares a minute with the weekly one."""
    begin, length = _ends(weekly)[0], minutes(weekly)
    for day in range(7):
        other = day * DAY + _ends(daily)[0]
        if (other - begin) % WEEK < length or (begin - other) % WEEK < minutes(daily):
            return True
    return False


def _ends(window: str) -> tuple[int, int]:
    begin, _, end = window.partition("-")
    return _minute(begin), _minute(end)


def _minute(point: str) -> int:
    """Minutes since Monday, or since midnight."""
    *day, hours, rest = point.split(":")
    return (DAYS.index(day[0]) * DAY if day else 0) + int(hours) * 60 + int(rest)
