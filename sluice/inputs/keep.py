"""Which images a rollout tags as in use. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.inputs.keys import refuse_unknown


@dataclass(frozen=True)
class Keep:
    """What is to be kept.

    Attributes:
        repository, registry: name of the repository, and the account that holds it.
        stack: whose tasks run the images; part of a tag, so of its letters.
        images: as ``…@sha256:…``: those that tasks are started from beside the release itself.
    """

    repository: str
    registry: str
    stack: str
    images: tuple[str, ...] = ()

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Keep:
        """From a resource's input, or the stack's outputs."""
        refuse_unknown(cls, given, "keep")
        images = tuple(str(image) for image in given.get("images") or ())
        return cls(str(given["repository"]), str(given.get("registry") or ""), str(given["stack"]), images)
