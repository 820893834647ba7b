"""What one `migrate` command is told besides the database: a shard, a tenant, a revision, the roles."""

import hashlib
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from notes.settings import Database, Invalid, Password, read

TENANT_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
"""Clerk's organisation ids (`org_2abC…`) and what people type for their own. Case counts, as it does there."""


def _assignable(name: str) -> str:
    """PostgreSQL keeps names that begin with `pg_` for itself, Amazon RDS those that begin with `rds`."""
    if name.startswith(("pg_", "rds")) or name in ("public", "none"):
        raise ValueError("reserved")
    return name


RoleName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$"), AfterValidator(_assignable)]


class Shard(BaseSettings):
    """Which part of the tenants is this task's."""

    model_config = SettingsConfigDict(env_prefix="SHARD_", env_ignore_empty=True, frozen=True)

    count: int = Field(1, ge=1, le=1000, description="how many tasks share the tenants, from 1 to 1000")
    index: int | None = Field(
        None, ge=0, validate_default=True, description="this task's number, from 0 to SHARD_COUNT - 1"
    )

    @field_validator("index")
    @classmethod
    def _one_of_them(cls, value: int | None, info: ValidationInfo) -> int:
        """A task that took the wrong part would leave tenants that nobody migrates."""
        count = info.data.get("count")
        if value is None and count not in (None, 1):
            raise PydanticCustomError("missing", "missing")
        if value is not None and count is not None and value >= count:
            raise ValueError("no such shard")
        return value or 0

    def holds(self, tenant: str) -> bool:
        """Whether this task migrates the tenant: by the hash of its id, so that others' coming and going moves none."""
        number = int.from_bytes(hashlib.sha256(tenant.encode()).digest()[:8], "big")
        return number % self.count == self.index


class Organisation(BaseSettings):
    """The tenant to provision."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    clerk_org_id: str = Field(
        pattern=f"^{TENANT_ID}$",
        description="the organisation's id: 1 to 63 letters, digits, `_` or `-`, beginning with a letter or digit",
    )


class Target(BaseSettings):
    """How far to roll back."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    rollback_to: str | None = Field(None, pattern=r"^[A-Za-z0-9_]{1,32}$", description="a revision, or `base` for none")


class Roles(BaseSettings):
    """The two roles that `bootstrap` makes: the owner migrates, the app serves."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    owner_user: RoleName = Field(description="a role name: a-z, 0-9 and _, not beginning with a digit, pg_ or rds")
    owner_password: Password = Field(min_length=8, description="a password of 8 characters or more, as plain text")
    app_user: RoleName = Field(description="a role name: a-z, 0-9 and _, not beginning with a digit, pg_ or rds")
    app_password: Password = Field(min_length=8, description="a password of 8 characters or more, as plain text")


def roles() -> tuple[Database, Roles]:
    """The database's settings, whose user is the master user here, and the roles to make.

    Raises:
        Invalid: with every mistake at once.
    """
    found: tuple[Database, Roles] = read(Database, Roles)
    database, wanted = found
    mistakes = []
    if wanted.owner_user == database.user:
        mistakes.append("OWNER_USER is wrong: it is DB_USER, the master user; set it to a role of its own")
    if wanted.app_user in (database.user, wanted.owner_user):
        mistakes.append("APP_USER is wrong: it is DB_USER or OWNER_USER; set it to a role of its own")
    if wanted.app_password.get_secret_value() == wanted.owner_password.get_secret_value():
        mistakes.append("APP_PASSWORD is wrong: it is OWNER_PASSWORD; who has the app's must not become the owner")
    if mistakes:
        raise Invalid(mistakes)
    return database, wanted
