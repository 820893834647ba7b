"""The repository of images that a building stack has."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, field_validator

from infra.settings.values.model import Model, refused

AccountId: TypeAlias = Annotated[str, Field(pattern=r"^\d{12}$")]


class Registry(Model):
    """The stack's own repository of images; only a stack that builds has one. An image that a stack runs is always
    kept, and so is one on hold (docs/images.md)."""

    pullers: list[AccountId] = Field(default_factory=list)
    """Other AWS accounts whose stacks promote this one's images and pull them from here; twelve digits in quotes
    each."""
    keep: bool | None = None
    """Whether `pulumi destroy` leaves the repository with its images in the account, as other stacks run them. Unset:
    in staging and prod."""

    keep_releases: Annotated[int, Field(ge=10, le=10_000)] = 500
    """How many of the newest images that were once rolled out stay. Stacks of another AWS account, which usually may
    not mark here what they run, run one of these: more than they lag behind."""
    keep_days: Annotated[int, Field(ge=7, le=3650)] = 30
    """Days that an image stays which was built and never rolled out."""

    @field_validator("pullers")
    @classmethod
    def _pullers(cls, pullers: list[str]) -> list[str]:
        if twice := sorted({account for account in pullers if pullers.count(account) > 1}):
            raise refused(f"{', '.join(twice)} is named more than once; name every account once")
        return pullers
