"""The image that a stack deploys, from any source."""

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
        names: tag, version (from the image's label) and revision (git's), as far as they are certain.
        repository: the repository of the stack's images.
        built: the tag, if the stack has built the image itself.
    """

    reference: pulumi.Output[str]
    names: pulumi.Output[Mapping[str, str]]
    repository: Repository
    built: str = ""

    def called(self, image: pulumi.Output[str]) -> pulumi.Output[Mapping[str, str]]:
        """Return the names of an image; none for another image, such as an earlier one."""
        return pulumi.Output.all(self.reference, self.names, image).apply(
            lambda known: dict(known[1]) if known[0] == known[2] else {}
        )

    def version(self, image: pulumi.Output[str]) -> pulumi.Output[str]:
        """Return the version of an image; empty where unknown."""
        return self.called(image).apply(lambda names: str(names.get("version", "")))
