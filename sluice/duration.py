"""Durations as people read them. Pure."""

from __future__ import annotations


def short_time(seconds: float) -> str:
    """``7 s``, ``1 min 12 s``, ``2 h 03 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
