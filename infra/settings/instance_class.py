"""What an RDS instance class means in numbers."""

from __future__ import annotations

import re

GIB = 1024**3

T_MEMORY = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}
"""GiB of the burstable classes."""

PER_LARGE = {"m": 8, "r": 16, "x": 32}
"""GiB of `large` in the other families; `xlarge` has twice as much, `Nxlarge` N times `xlarge` ("DB instance classes"
in the Amazon RDS user guide)."""

OVERHEAD = 256 * 1024**2
"""Bytes that RDS itself takes of the smallest instance."""


def memory(instance_class: str) -> int | None:
    """Bytes of memory; None for a class that is not known here."""
    found = re.fullmatch(r"db\.([a-z]+)\d\w*\.(micro|small|medium|large|(\d*)xlarge)", instance_class)
    if found is None:
        return None
    family, size, times = found[1], found[2], found[3]
    if family == "t":
        return T_MEMORY[size] * GIB if size in T_MEMORY else None
    large = PER_LARGE.get(family[0])
    if large is None or size in ("micro", "small", "medium"):
        return None
    return large * GIB if size == "large" else 2 * large * GIB * int(times or 1)


def max_connections(instance_class: str) -> int | None:
    """Connections that PostgreSQL allows by RDS' own parameter group: LEAST(DBInstanceClassMemory / 9531392, 5000).

    DBInstanceClassMemory is less than the memory by what RDS needs ("Quotas and constraints for Amazon RDS"), so this
    is an estimate on the low side.
    """
    whole = memory(instance_class)
    return None if whole is None else min((whole - OVERHEAD) // 9531392, 5000)
