"""Which image of a stack a bill of materials describes."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.engine.engine import Engine
from pipeline.failed import Failed


def chosen(engine: Engine, environment: Mapping[str, str]) -> str:
    """Return the image by digest: IMAGE of the environment, else the one that the stack serves.

    Raises:
        Failed: the stack serves none yet, or IMAGE is not in its repository.
    """
    served = str(engine.output("image") or "")
    repository, _, digest = served.partition("@")
    if not digest:
        raise Failed(f"stack {engine.stack} serves no image yet; deploy it first")
    wanted = environment.get("IMAGE", "")
    if not wanted:
        return served
    if wanted.partition("@")[0] != repository or not wanted.partition("@")[2].startswith("sha256:"):
        raise Failed(f"IMAGE is {wanted}, which is not an image by digest of {repository}, stack {engine.stack}'s")
    return wanted
