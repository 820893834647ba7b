"""The PostgreSQL database."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from infra.settings.model import Model, refused


class Database(Model):
    """An RDS for PostgreSQL instance.

    engine: PostgreSQL is the only one. version: a major version, or a minor that AWS still creates. name: of the
    first database in it. username: the master user. instanceClass, storage (GiB, gp3), multiAz, backupDays (0
    switches backups off): as RDS calls them. verifyTls: whether the application must verify the server's certificate;
    TLS itself is always required.
    """

    engine: Literal["postgres"] = "postgres"
    version: str = "17"
    name: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,62}$")] = "app"
    username: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,62}$")] = "postgres"
    instance_class: Annotated[str, Field(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$")] = "db.t4g.micro"
    storage: Annotated[int, Field(ge=20, le=65_536)] = 20
    multi_az: bool = False
    backup_days: Annotated[int, Field(ge=0, le=35)] = 7
    verify_tls: bool = True

    @field_validator("engine", mode="before")
    @classmethod
    def _engine(cls, engine: object) -> object:
        if engine != "postgres":
            raise refused("only PostgreSQL is supported; write postgres or leave the key out")
        return engine

    @field_validator("version")
    @classmethod
    def _version(cls, version: str) -> str:
        if not re.fullmatch(r"1[5-9](\.\d{1,2})?", version):
            raise refused('is not a PostgreSQL version from 15 on; write a major version in quotes, like "17"')
        if version in {"17.1", "17.2", "17.3", "17.4"}:
            raise refused('AWS creates this minor version no longer; write "17" and get the newest one')
        return version

    @field_validator("username")
    @classmethod
    def _username(cls, username: str) -> str:
        if username.lower() in {"rdsadmin", "admin", "rds_superuser"} or username.lower().startswith("pg_"):
            raise refused("is a name that RDS keeps for itself; choose another")
        return username

    @property
    def major(self) -> str:
        """The major version, which names the parameter group's family."""
        return self.version.split(".")[0]
