"""The policies in docs/snapshot-copies.md and docs/snapshot-lock.md, with their placeholders filled in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[3] / "docs" / "snapshot-copies.md"
LOCK = PAGE.with_name("snapshot-lock.md")


def policy_of(block: str, prod: str, backup: str, region: str, page: Path = PAGE, **more: str) -> Any:
    """The JSON after the comment that names it, like `key`, `trust` or `role`.

    Args:
        more: further placeholders, `_` for `-`.
    """
    found = re.search(rf"<!-- {block} -->\s*```json\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    assert found, f"{page.name} has no block {block!r}"
    text = found[1]
    for name, value in {"PROD": prod, "BACKUP": backup, "REGION": region, **more}.items():
        text = text.replace(name.replace("_", "-"), value)
    return json.loads(text)
