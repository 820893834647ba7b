"""Parameters of two origins in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge(base: Any, addition: Any) -> Any:
    """Parameters of two origins: objects member by member, lists of one length element by element."""
    if isinstance(base, Mapping) and isinstance(addition, Mapping):
        common = {key: merge(base[key], addition[key]) for key in base if key in addition}
        return {**base, **addition, **common}
    if isinstance(base, list) and isinstance(addition, list) and len(base) == len(addition):
        return [merge(left, right) for left, right in zip(base, addition, strict=True)]
    return addition
