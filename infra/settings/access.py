"""What the stack's own roles may be, at most."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from infra.settings.values.model import Model, hidden, refused


def _policy(arn: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", arn):
        raise refused("is not the ARN of a managed policy; write one like arn:aws:iam::123456789012:policy/shop-files")
    return arn


def _repository(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+", name):
        raise refused("is not a repository; write it whole and without tag or digest, like ghcr.io/example/flyway")
    return name


class Access(Model):
    """The roles of the stack's tasks, and what these may run."""

    boundary: bool = False
    """Whether they carry the permissions boundary that `make bootstrap` made for this stack. The deploy role that it
    makes may create roles with it only."""
    policies: list[Annotated[str, AfterValidator(_policy)]] = Field(default_factory=list)
    """ARNs of managed policies for the service's own code, which may do nothing without them."""
    repositories: list[Annotated[str, AfterValidator(_repository)]] = Field(default_factory=list)
    """Repositories of other images that tasks may run, like `ghcr.io/example/flyway`: of a step
    (`migrations[].image`) and of the smoke request (`smoke.image`). One by digest alone lies in the image's own
    repository, which need not be named."""

    def running(self, images: Mapping[str, str | None]) -> Access:
        """The same, when it allows the images that the settings name. images: by who runs them."""
        lacking = [
            f"{repository} ({who})"
            for who, image in images.items()
            if (repository := (image or "").rpartition("sha256:")[0].rstrip("@")) not in ("", *self.repositories)
        ]
        if lacking:
            raise hidden(
                f"repositories does not name {', '.join(lacking)}, whose image would run beside the database; name it"
                " there, or write an image of the stack's own repository, by digest alone"
            )
        return self
