"""The gate's plugin processes of an engine, found in /proc."""

from __future__ import annotations

import os
from pathlib import Path


def plugins_of(pid: int) -> list[int]:
    """The gate's plugin processes of that engine's session (a killed engine's children keep its session)."""
    found = []
    for entry in (name for name in os.listdir("/proc") if name.isdigit()):
        try:
            words = Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\0")
            session = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[3])
        except OSError:
            continue  # it ended in between
        if session == pid and b"sluice.provider" in words:
            found.append(int(entry))
    return found
