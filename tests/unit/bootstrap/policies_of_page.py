"""The policies in docs/snapshot-copies.md, with its placeholders filled in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[3] / "docs" / "snapshot-copies.md"


def policy_of(block: str, prod: str, backup: str, region: str, **more: str) -> Any:
    """The JSON after the comment that names it: `key`, `trust` or `role`. more: further placeholders, `_` for `-`."""
    found = re.search(rf"<!-- {block} -->\s*```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert found, f"docs/snapshot-copies.md has no block {block!r}"
    text = found[1]
    for name, value in {"PROD": prod, "BACKUP": backup, "REGION": region, **more}.items():
        text = text.replace(name.replace("_", "-"), value)
    return json.loads(text)
