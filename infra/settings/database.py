"""The PostgreSQL database."""

from __future__ import annotations

import re
from math import ceil
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic.alias_generators import to_camel

from infra.settings.values import connection, windows
from infra.settings.values.arns import KeyArn, is_arn
from infra.settings.values.container import Command
from infra.settings.values.environment import PROTECTED, Environment
from infra.settings.values.model import Model, hidden, refused
from infra.settings.values.secrets import Asked
from infra.settings.values.variables import Templates

LONGEST_NAME = 63
"""Characters of a PostgreSQL name; PostgreSQL truncates a longer one silently."""

NEW_INSTANCE_KEYS = (
    "version", "upgrade", "username", "max_storage", "multi_az", "backup_days", "backup_window", "maintenance_window",
    "performance_insights", "export_logs", "kms_key",
)  # fmt: skip
"""Settings of an instance that the stack creates; the owner of an existing instance decides about them."""

BOOTSTRAP_COMMAND = ("migrate", "bootstrap")

Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,62}$")]
Username: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Database(Model):
    """An RDS for PostgreSQL instance. Connections always use TLS."""

    engine: Literal["postgres"] = "postgres"
    """PostgreSQL is the only engine."""
    version: str = "17"
    """Major version from 15 on, with automatic minor upgrades, or a minor version that RDS still offers."""
    upgrade: str | None = None
    """Major version that the live instance may be upgraded to; must equal the major version of `version`. Without it, a
    new major version is refused: the upgrade stops the instance, and only a snapshot can undo it."""
    existing: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9-]{0,62}$")] | None = None
    """Identifier of an existing RDS instance to use instead of a new one. The stack adds rules to its first security
    group and changes nothing else; `instanceClass` and `storage` then only set alarm thresholds."""
    secret: str | None = None
    """With `existing`: ARN of the master user's secret (JSON with `username` and `password`). Unset: the secret that
    RDS manages."""
    name: Name = "app"
    """Name of the first database."""
    username: Username = "postgres"
    """Master user. RDS generates, stores and rotates its password. With `roles` only the bootstrap step uses it."""
    roles: bool = True
    """Whether a first step, `bootstrap`, creates two roles: one that owns the tables, for the migrations, and one that
    reads and writes rows, for the service. Otherwise both use the master user."""
    owner_username: Username | None = None
    """Role that owns the tables. Unset: `NAME_owner`, NAME being the database's."""
    app_username: Username | None = None
    """Role of the service. Unset: `NAME_app`."""
    bootstrap: Command = Field(default_factory=lambda: list(BOOTSTRAP_COMMAND))
    """Command of the image that creates both roles. It gets the master user as DB_USER and DB_PASSWORD, and the names
    and passwords of the roles as OWNER_USER, OWNER_PASSWORD, APP_USER and APP_PASSWORD."""
    bootstrap_secrets: Asked = Field(default_factory=list)
    """Secrets of the service that `bootstrap` gets: names from `app.secrets`, or `all`."""
    instance_class: Annotated[str, Field(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$")] = "db.t4g.micro"
    """RDS instance class."""
    storage: Annotated[int, Field(ge=20, le=65_536)] = 20
    """Initial storage in GiB, of type gp3."""
    max_storage: Annotated[int, Field(ge=0, le=65_536)] | None = None
    """Maximum storage in GiB. RDS enlarges the storage automatically up to it, and never shrinks it. Unset: twice
    `storage`. 0: never enlarged."""
    multi_az: bool | None = None
    """Whether a standby in another availability zone takes over if the instance fails. Unset: in environment `prod`
    only."""
    backup_days: Annotated[int, Field(ge=0, le=35)] = 7
    """Days that automatic backups are kept; 0 disables them."""
    backup_window: str = "03:00-04:00"
    """Window in which the daily backup begins, in UTC, at least 30 minutes."""
    maintenance_window: str = "sun:04:30-sun:05:30"
    """Window for maintenance that restarts the instance, like minor upgrades, in UTC, at least 30 minutes. It must not
    overlap `backupWindow`."""
    kms_key: KeyArn | None = None
    """ARN of a KMS key that encrypts storage, backups and snapshots. Unset: the AWS managed key `aws/rds`, with which
    snapshots cannot be copied to another account (`snapshot.copyTo`). Set it before the first deploy: a change creates
    another instance, without the data."""
    performance_insights: bool = True
    """Whether RDS Performance Insights records the load per statement, with the free retention of seven days."""
    export_logs: bool = True
    """Whether PostgreSQL's log is copied to CloudWatch Logs and kept for `logs.retentionDays`."""
    verify_tls: bool = True
    """Whether the application must verify the server's certificate; it reads DB_SSL_REJECT_UNAUTHORIZED."""
    ca_bundle: Annotated[str, Field(pattern=r"^/\S+$")] | None = None
    """Path in the image of the CA bundle for the verification (RDS: global-bundle.pem); the application reads
    DB_SSL_CERT_PATH. Unset: the CA certificates of the image."""
    variables: Templates = Field(default_factory=dict)
    """Further variables of all containers, for programs that do not read DB_HOST, DB_PORT, DB_NAME, DB_USER and
    DB_PASSWORD: name to a text with `{host}`, `{port}`, `{name}`, `{username}`, `{password}`, `{sslMode}`
    (`verify-full` or `require`, by `verifyTls`) or `{caBundle}`, like `PGHOST: "{host}"` or `DATABASE_URL:
    postgresql://{username}:{password}@{host}:{port}/{name}?sslmode={sslMode}`. A variable with user or password comes
    from Secrets Manager. As part of a longer text they need `roles`, and the bootstrap step does not get the variable.
    User, password and name consist of letters, digits and _, so a URL needs no encoding."""

    @field_validator("engine", mode="before")
    @classmethod
    def _check_engine(cls, engine: object) -> object:
        if engine != "postgres":
            raise refused("is not a supported engine; write postgres, or remove the key")
        return engine

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, secret: str | None, info: ValidationInfo) -> str | None:
        if secret is not None and not is_arn(secret, "secretsmanager", r"secret:\S+"):
            raise hidden(
                "is not the ARN of a secret in AWS Secrets Manager; write one like"
                " arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME"
            )
        if secret is not None and info.data.get("existing") is None:
            raise hidden("has no effect without database.existing, as RDS creates the secret; remove it")
        return secret

    @model_validator(mode="after")
    def _check_existing(self) -> Database:
        given = [to_camel(key) for key in NEW_INSTANCE_KEYS if key in self.model_fields_set]
        if self.existing is not None and given:
            raise hidden(f"existing excludes {', '.join(given)}, for a new instance only; remove one of the two")
        return self

    @field_validator("version")
    @classmethod
    def _check_version(cls, version: str) -> str:
        if not re.fullmatch(r"1[5-9](\.\d{1,2})?", version):
            raise refused('is not a PostgreSQL version from 15 on; write a major version in quotes, like "17"')
        if version in {"17.1", "17.2", "17.3", "17.4"}:
            raise refused('is a minor version that RDS no longer offers; write "17" for the newest one')
        return version

    @field_validator("upgrade")
    @classmethod
    def _check_upgrade(cls, upgrade: str | None, info: ValidationInfo) -> str | None:
        version = info.data.get("version")
        if upgrade is not None and version is not None and upgrade != version.split(".")[0]:
            raise refused(
                f'is not the major version of database.version; write "{version.split(".")[0]}", or remove it'
            )
        return upgrade

    @field_validator("username", "owner_username", "app_username")
    @classmethod
    def _check_username(cls, username: str | None) -> str | None:
        if username == "admin" or (username or "").startswith(("pg_", "rds")):
            raise refused("is reserved by RDS or PostgreSQL; choose another name")
        return username

    @field_validator("owner_username", "app_username")
    @classmethod
    def _check_role(cls, username: str | None, info: ValidationInfo) -> str | None:
        known, key = info.data, info.field_name or ""
        if known.get("roles") is False:
            if username is not None:
                raise refused("is not created while database.roles is false; remove it, or set roles to true")
            return username
        if username is None and "name" in known and len(derived(known["name"], key)) > LONGEST_NAME:
            raise hidden(
                f"{derived(known['name'], key)} is longer than {LONGEST_NAME} characters; write a shorter name"
            )
        taken = {"database.username": known.get("username")}
        if key == "app_username" and {"owner_username", "name"} <= known.keys():
            taken["database.ownerUsername"] = known["owner_username"] or derived(known["name"], "owner_username")
        name = username or derived(known.get("name", ""), key)
        refuse = refused if username else hidden
        for other, value in taken.items():
            if value == name:
                raise refuse(f"{name} is {other} too; give every user its own name")
        return username

    @field_validator("bootstrap")
    @classmethod
    def _check_bootstrap(cls, command: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("roles") is False and command != [*BOOTSTRAP_COMMAND]:
            raise refused("does not run while database.roles is false; remove it, or set roles to true")
        return command

    @field_validator("bootstrap_secrets")
    @classmethod
    def _check_bootstrap_secrets(
        cls, asked: Literal["all"] | list[str], info: ValidationInfo
    ) -> Literal["all"] | list[str]:
        if info.data.get("roles") is False and asked:
            raise hidden(
                "have no effect while database.roles is false, as database.bootstrap does not run; remove them"
            )
        return asked

    @field_validator("ca_bundle")
    @classmethod
    def _check_ca_bundle(cls, path: str | None, info: ValidationInfo) -> str | None:
        if path is not None and info.data.get("verify_tls") is False:
            raise refused("has no effect while database.verifyTls is false; remove it, or set verifyTls to true")
        return path

    @field_validator("variables")
    @classmethod
    def _check_variables(cls, templates: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        inside = sorted(name for name, text in templates.items() if connection.travels(text) == "composed")
        if inside and info.data.get("roles") is False:
            raise hidden(
                f"{', '.join(inside)} has {{username}} or {{password}} in a longer text, which the master user's"
                " secret, created by RDS, cannot hold; write one variable for each, or set database.roles to true"
            )
        bundle = info.data.get("ca_bundle")
        if info.data.get("verify_tls") and bundle is None and any("{caBundle}" in text for text in templates.values()):
            raise hidden("{caBundle} is empty, but verifyTls needs the bundle; write its path into database.caBundle")
        return templates

    @field_validator("max_storage")
    @classmethod
    def _check_max_storage(cls, most: int | None, info: ValidationInfo) -> int | None:
        storage = info.data.get("storage")
        if most and storage is not None and most < (needed := least_maximum(storage)):
            raise refused(
                f"is too low: RDS requires 10 % above database.storage ({storage}) and warns below 26 %; write at least"
                f" {needed}, or 0 to never enlarge it"
            )
        return most

    @field_validator("backup_window", "maintenance_window")
    @classmethod
    def _check_window(cls, window: str, info: ValidationInfo) -> str:
        example = "03:00-04:00" if info.field_name == "backup_window" else "sun:04:30-sun:05:30"
        if not windows.is_window(window, like=example):
            raise refused(f"is not a valid window; write one like {example}, in UTC")
        if windows.minutes(window) < windows.SHORTEST:
            raise refused(f"is shorter than the minimum of {windows.SHORTEST} minutes; lengthen it")
        backup = info.data.get("backup_window")
        if info.field_name == "maintenance_window" and backup and windows.overlap(backup, window):
            raise refused(f"overlaps database.backupWindow ({backup}), which RDS refuses; move one of the two")
        return window

    @property
    def largest(self) -> int | None:
        """Maximum storage in GiB; None: RDS does not enlarge it."""
        return 2 * self.storage if self.max_storage is None else self.max_storage or None

    def multi_az_in(self, environment: Environment) -> bool:
        """Whether the instance has a standby in another zone; the setting, or the environment's default."""
        return environment in PROTECTED if self.multi_az is None else self.multi_az

    @property
    def major(self) -> str:
        """Major version; part of the parameter group's family."""
        return self.version.split(".")[0]

    @property
    def owner(self) -> str:
        """Name of the role that owns the tables."""
        return self.owner_username or derived(self.name, "owner_username")

    @property
    def app(self) -> str:
        """Name of the service's role."""
        return self.app_username or derived(self.name, "app_username")


def least_maximum(storage: int) -> int:
    """Lowest maximum in GiB that RDS storage autoscaling accepts without a warning, 26 % above the storage ("Managing
    capacity automatically with Amazon RDS storage autoscaling" in the Amazon RDS user guide)."""
    return storage + ceil(0.26 * storage)


def derived(database: str, key: str) -> str:
    """Default name of a role: `owner_username` of database `notes` is `notes_owner`."""
    return f"{database.lower()}_{key.removesuffix('_username')}"
