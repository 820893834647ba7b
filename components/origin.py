"""The image that a stack deploys, however it came by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.repository import Repository


@dataclass(frozen=True)
class Origin:
    """reference: of the image, by digest. names: what it is called: tag, version (as the image itself says it) and
    revision (git's), as far as they are certain. repository: where the stack's images are."""

    reference: pulumi.Output[str]
    names: pulumi.Output[Mapping[str, str]]
    repository: Repository

    def version(self, image: pulumi.Output[str]) -> pulumi.Output[str]:
        """What an image says its version is; empty for one that this is not: it may be an earlier one."""
        return pulumi.Output.all(self.reference, self.names, image).apply(
            lambda known: str(known[1].get("version", "")) if known[0] == known[2] else ""
        )
