"""The ECR repository of an image, from its reference."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


@dataclass(frozen=True)
class EcrRepository:
    """A repository in ECR.

    Attributes:
        account, region: empty where they are the caller's own.
        name: without the registry.
    """

    account: str
    region: str
    name: str

    @property
    def where(self) -> dict[str, str]:
        """The arguments of an ECR call that name it."""
        return {"repositoryName": self.name} | ({"registryId": self.account} if self.account else {})


def parse(image: str, elsewhere: bool = False) -> EcrRepository | None:
    """Return the repository of an image (``HOST/NAME``, with or without ``@sha256:…``); None for one outside of ECR.

    Args:
        elsewhere: AWS is an emulator, whose registry has another host name and a folder for each further account.
    """
    host, _, path = image.partition("@")[0].partition("/")
    found = _ECR.fullmatch(host)
    if found:
        return EcrRepository(found[1], found[2], path)
    if not elsewhere:
        return None
    folder = re.fullmatch(r"(\d{12})/(.+)", path)
    return EcrRepository(folder[1], "", folder[2]) if folder else EcrRepository("", "", path)
