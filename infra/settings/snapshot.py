"""The snapshot of the database before a migration."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.migrations import Command, Seconds
from infra.settings.secrets import Asked
from infra.settings.values.arns import KeyArn, account_of
from infra.settings.values.model import Model, hidden, refused

PENDING = "pending"
"""Name of the step that runs the command `pending`."""


class CopyTo(Model):
    """A role and a key of another account, which copies every snapshot: docs/snapshot-copies.md says how to make them
    and what a copy costs."""

    role: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]
    """ARN of the role in the other account that copies. It trusts this stack's deploy role and may delete nothing."""
    key: KeyArn
    """ARN of that account's KMS key, in the stack's Region, which encrypts the copy."""

    @field_validator("key")
    @classmethod
    def _key(cls, key: str, info: ValidationInfo) -> str:
        role = info.data.get("role")
        if role is not None and account_of(key) != account_of(role):
            raise refused(f"is not in the account of the role ({account_of(role)}); name a key of that account")
        return key

    @property
    def account(self) -> str:
        """The account that copies."""
        return account_of(self.role)


class Snapshot(Model):
    """An RDS snapshot that can be restored, taken before the first step of a run; docs/restore.md has the way back."""

    before: bool | None = None
    """Whether one is taken; unset: in environment `prod` alone."""
    keep: Annotated[int, Field(ge=1, le=50)] = 5
    """How many of those that this stack took itself stay; the first one of the image at hand always does."""
    timeout: Seconds = 3600
    """Seconds until it must be available, else nothing is migrated."""
    pending: Command | None = None
    """A command of the image that exits with 0 when no migration is pending: then none is taken. Unset: always take
    it."""
    secrets: Asked = Field(default_factory=list)
    """Which of the service's secrets `pending` gets: names from `app.secrets`, or `all`."""
    copy_to: CopyTo | None = None
    """Another account that gets a copy of each. The run does not wait for it; a copy that fails is logged and told to
    `notify`, and stops nothing. Needs `database.kmsKey`."""

    @field_validator("pending")
    @classmethod
    def _pending(cls, command: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if command is not None and info.data.get("before") is False:
            raise refused("is not run while snapshot.before is false; remove it or set before to true")
        return command

    @field_validator("copy_to")
    @classmethod
    def _copy_to(cls, to: CopyTo | None, info: ValidationInfo) -> CopyTo | None:
        if to is not None and info.data.get("before") is False:
            raise hidden("has nothing to copy while snapshot.before is false; remove it or set before to true")
        return to

    @field_validator("secrets")
    @classmethod
    def _secrets(cls, secrets: Literal["all"] | list[str], info: ValidationInfo) -> Literal["all"] | list[str]:
        if secrets and info.data.get("pending", "") is None:
            raise hidden("are those of snapshot.pending, which is not set; remove them")
        return secrets
