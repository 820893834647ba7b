"""Which image a stack would promote from the previous stack.

IAM: what sluice.release.promotion says; the preview role and the deploy role of the stack that promotes have it.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.engine.engine import Engine
from pipeline.failed import Failed
from pipeline.stack_settings import clients, read, settings
from sluice.release.promotion import PromotionSource, released


def source(engine: Engine) -> PromotionSource | None:
    """Return the stack that this one promotes from; None if it builds or names its image. Raises Failed."""
    config = settings(engine)
    name = config.get("promoteFrom")
    if not name:
        return None
    parts = str(name).split("/")  # `stack`, or `org/project/stack`
    project = parts[1] if len(parts) == 3 else str(read(engine, "Pulumi.yaml").get("name") or "")
    where = config.get("promotion") or {}
    return PromotionSource(project, parts[-1], str(where.get("account") or ""), str(where.get("region") or ""))


def image(engine: Engine) -> str | None:
    """Return the image promoted now, by digest; None when nothing is promoted yet, or at all.

    Raises Failed, GateError.
    """
    found = source(engine)
    if found is None:
        return None
    try:
        promotable = released(clients(engine), found)
    except (BotoCoreError, ClientError) as error:
        raise Failed(f"what {found.stack} has released cannot be read: {error}") from error
    return str(promotable["image"]) if promotable is not None and "image" in promotable else None


def complaint(approved: str, now: Any) -> str:
    """Return why what was approved may not be deployed; empty when it may."""
    if not approved:
        return (
            "APPROVED is set and empty: the preview named no image, so nobody has approved one. Nothing was changed;"
            " look at the preview's log, then run it again"
        )
    if approved == now:
        return ""
    return (
        f"approved was {approved}, and what would be promoted now is {now or 'nothing'}: another deployment came"
        " between. Nothing was changed; approve the newer run, or run this one again"
    )
