"""Where on AWS a stack is, and what the roles of its tasks may do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from infra.settings.values.arns import AccountId, Region
from infra.settings.values.images import repository_of
from infra.settings.values.model import Model, hidden, refused


def managed_policy(arn: str) -> str:
    """Return the ARN of a managed IAM policy."""
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", arn):
        raise refused("is not the ARN of a managed policy; write one like arn:aws:iam::123456789012:policy/shop-files")
    return arn


def repository_name(name: str) -> str:
    """Return an image repository with its registry. Refuses a tag or a digest."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+", name):
        raise refused(
            "is not an image repository; write registry and name without tag or digest, like ghcr.io/example/flyway"
        )
    return name


class Aws(Model):
    """AWS Region and account."""

    region: Region
    """AWS Region, like eu-central-1."""
    account: AccountId | None = None
    """AWS account id, twelve digits in quotes. All providers refuse credentials of another account."""


class Access(Model):
    """IAM roles of the stack's tasks, and the repositories of other images that tasks may run."""

    boundary: bool = False
    """Whether the roles have the permissions boundary that `make bootstrap` creates for this stack. The deploy role
    that `make bootstrap` creates can create roles only with this boundary."""
    policies: list[Annotated[str, AfterValidator(managed_policy)]] = Field(default_factory=list)
    """ARNs of managed policies for the service's own code. Without them its role has no permissions."""
    repositories: list[Annotated[str, AfterValidator(repository_name)]] = Field(default_factory=list)
    """Repositories of other images that tasks may run, like `ghcr.io/example/flyway`: images of steps
    (`migrations[].image`) and of the smoke task (`smoke.image`). The stack's own repository needs no entry."""

    def check_images(self, images: Mapping[str, str | None]) -> None:
        """Refuse an image whose repository is not listed. images: the setting or step to the image it names."""
        missing = [
            f"{repository} ({name})"
            for name, image in images.items()
            if (repository := repository_of(image)) not in ("", *self.repositories)
        ]
        if missing:
            raise hidden(
                f"repositories does not list {', '.join(missing)}; its image would run with access to the database."
                " List the repository, or use an image of the stack's own repository, by digest alone"
            )
