"""The image that a stack deploys, however it came by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.image.repository import Repository


@dataclass(frozen=True)
class Origin:
    """The image that a stack deploys, and where it comes from.

    Attributes:
        reference: of the image, by digest.
        names: what it is called: tag, version (as the image itself says it) and revision (git's), as far as they are
            certain.
        repository: where the stack's images are.
        built: the tag, where the stack has built the image itself.
    """

    reference: pulumi.Output[str]
    names: pulumi.Output[Mapping[str, str]]
    repository: Repository
    built: str = ""

    def called(self, image: pulumi.Output[str]) -> pulumi.Output[Mapping[str, str]]:
        """The names of an image; none for one that this is not: it may be an earlier one."""
        return pulumi.Output.all(self.reference, self.names, image).apply(
            lambda known: dict(known[1]) if known[0] == known[2] else {}
        )

    def version(self, image: pulumi.Output[str]) -> pulumi.Output[str]:
        """Return what an image says its version is; empty where that is not known."""
        return self.called(image).apply(lambda names: str(names.get("version", "")))
