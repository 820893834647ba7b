"""Is there room on the disks for what set-up still has to bring?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.toolchain.process import ROOM_REMEDY

GB = 1e9


@dataclass(frozen=True)
class Need:
    """What one part of set-up will write: `gigabytes` (10^9 bytes) below `folder`."""

    part: str
    folder: Path
    gigabytes: float


@dataclass(frozen=True)
class Disk:
    """The disk below a folder: its identity, and its free bytes."""

    device: int
    free: float


def disk(folder: Path) -> Disk:
    """The disk that a folder, which may not exist yet, lies or will lie on."""
    while not folder.exists():
        folder = folder.parent
    return Disk(os.stat(folder).st_dev, shutil.disk_usage(folder).free)


def shortages(needs: Iterable[Need], disk_of: Callable[[Path], Disk] = disk) -> list[str]:
    """One text for each disk that is too small for all the needs on it together."""
    by_device: dict[int, list[Need]] = {}
    free: dict[int, float] = {}
    for need in needs:
        found = disk_of(need.folder)
        by_device.setdefault(found.device, []).append(need)
        free[found.device] = found.free
    return [_short(on_it, free[device]) for device, on_it in by_device.items() if _sum(on_it) * GB > free[device]]


def _sum(needs: Iterable[Need]) -> float:
    return sum(need.gigabytes for need in needs)


def _short(needs: list[Need], free: float) -> str:
    folders = ", ".join(dict.fromkeys(str(need.folder) for need in needs))
    parts: Mapping[str, float] = {
        need.part: _sum(other for other in needs if other.part == need.part) for need in needs
    }
    listed = ", ".join(f"{part} {gigabytes:.1f}" for part, gigabytes in parts.items())
    return (
        f"the disk of {folders} has {free / GB:.1f} GB free, and {_sum(needs):.1f} GB are needed ({listed})"
        f"\n  fix: {ROOM_REMEDY}"
    )
