"""Small JSON files in which a checkout remembers what it chose: written whole or not at all, read with distrust."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read(path: Path) -> dict[str, Any]:
    """What the file holds; nothing when it is missing, torn, or no record: the next start writes a whole one."""
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, record: Mapping[str, Any]) -> None:
    """Replace the file in one step: a kill or a full disk leaves the old one as it was. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.write_text(json.dumps(record, indent=2) + "\n")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
