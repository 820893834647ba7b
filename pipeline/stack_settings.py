"""The project files that define a stack."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import yaml

from pipeline.engine.engine import Engine
from pipeline.failed import Failed
from sluice.aws.session import Account, Clients


def settings(engine: Engine) -> dict[str, Any]:
    """Return the stack's settings without the project's namespace. Raises Failed."""
    config = read(engine, f"Pulumi.{engine.stack}.yaml").get("config") or {}
    return {str(key).rpartition(":")[2]: value for key, value in config.items()}


def read(engine: Engine, name: str) -> Mapping[str, Any]:
    """Return a parsed file of the project. Raises Failed."""
    try:
        return dict(yaml.safe_load((engine.folder / name).read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise Failed(f"{name} cannot be read: {error.strerror}; STACK names a stack with settings") from None


def clients(engine: Engine) -> Clients:
    """Return clients for the stack's account and Region. Raises Failed."""
    where = settings(engine).get("aws") or {}
    return Clients(
        Account(
            region=str(where.get("region") or ""),
            endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
            account=str(where.get("account") or ""),
        )
    )
