"""Where on AWS a stack is, and what the roles of its tasks may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import Field

from infra.settings.values.arns import AccountId, Region
from infra.settings.values.images import repository_of
from infra.settings.values.model import Model, hidden, matching

PolicyArn: TypeAlias = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+",
        "is not the ARN of a managed policy; write one like arn:aws:iam::123456789012:policy/shop-files",
    ),
]
RepositoryName: TypeAlias = Annotated[
    str,
    matching(
        r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+",
        "is not an image repository; write registry and name without tag or digest, like ghcr.io/example/flyway",
    ),
]


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
    policies: list[PolicyArn] = Field(default_factory=list)
    """ARNs of managed policies for the service's own code. Without them its role has no permissions."""
    repositories: list[RepositoryName] = Field(default_factory=list)
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
