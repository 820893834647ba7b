"""Which repository an image is in, from its reference."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


@dataclass(frozen=True)
class Repository:
    """A repository in ECR. *account* and *region* are empty where they are the caller's own."""

    account: str
    region: str
    name: str

    @property
    def where(self) -> dict[str, str]:
        """Its members of an ECR call."""
        return {"repositoryName": self.name} | ({"registryId": self.account} if self.account else {})


def parse(image: str, elsewhere: bool = False) -> Repository | None:
    """The repository of an image (``HOST/NAME``, with or without ``@sha256:…``); None for one that is not in ECR.

    Args:
        elsewhere: AWS is an endpoint of the caller's own, whose registry has no name of AWS's: other accounts then have
            a folder each.
    """
    host, _, path = image.partition("@")[0].partition("/")
    found = _ECR.fullmatch(host)
    if found:
        return Repository(found[1], found[2], path)
    if not elsewhere:
        return None
    folder = re.fullmatch(r"(\d{12})/(.+)", path)
    return Repository(folder[1], "", folder[2]) if folder else Repository("", "", path)
