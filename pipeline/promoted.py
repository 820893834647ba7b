"""Which image a stack would take from the stack before it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipeline.engine import Engine
from pipeline.failed import Failed


def source(engine: Engine) -> str | None:
    """The stack that this one promotes from; None for one that builds, or names its image."""
    file = engine.folder / f"Pulumi.{engine.stack}.yaml"
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise Failed(f"{file.name} cannot be read: {error.strerror}; STACK names a stack with settings") from None
    for key, value in (document.get("config") or {}).items():
        if str(key).rpartition(":")[2] == "promoteFrom":
            return str(value)
    return None


def image(engine: Engine, folder: Path) -> str | None:
    """The image that is promoted now, by digest; None where nothing is promoted, or not yet."""
    name = source(engine)
    if name is None:
        return None
    promotable = Engine(name, folder).output("promotable")
    return str(promotable["image"]) if isinstance(promotable, Mapping) and "image" in promotable else None


def complaint(approved: str, now: Any) -> str:
    """Why what was approved may not be deployed; empty when it may."""
    if approved == now:
        return ""
    return (
        f"approved was {approved}, and what would be promoted now is {now or 'nothing'}: another deployment came"
        " between. Nothing was changed; approve the newer run, or run this one again"
    )
