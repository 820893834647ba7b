"""The PostgreSQL database."""

from __future__ import annotations

import re
from math import ceil
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic.alias_generators import to_camel

from infra.settings import connection, windows
from infra.settings.migrations import Command
from infra.settings.secrets import Asked
from infra.settings.values.arns import KeyArn
from infra.settings.values.model import Model, hidden, refused
from infra.settings.variables import Templates

LONGEST_NAME = 63
"""Characters of a PostgreSQL name; a longer one is cut off silently."""

OWN = (
    "version", "upgrade", "username", "max_storage", "multi_az", "backup_days", "backup_window", "maintenance_window",
    "performance_insights", "export_logs", "kms_key",
)  # fmt: skip
"""Settings of an instance that the stack makes; an existing one is its owner's."""

Name = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,62}$")]
Username = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Database(Model):
    """An RDS for PostgreSQL instance. TLS is always required."""

    engine: Literal["postgres"] = "postgres"
    """PostgreSQL is the only engine."""
    version: str = "17"
    """A major version from 15 on, whose minor updates then come by themselves, or a minor one that AWS still
    creates."""
    upgrade: str | None = None
    """The major version that the live instance may be upgraded to, the same as `version`'s. Without it a change of the
    major version is refused: RDS takes the instance out of service for it, and there is no way back but a snapshot."""
    existing: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9-]{0,62}$")] | None = None
    """Identifier of an RDS instance that is there, in place of one of the stack's own. The stack adds rules to its
    first security group and changes nothing else; `instanceClass` and `storage` then only tell the alarms."""
    secret: str | None = None
    """ARN of the master user's secret of that instance (JSON with `username` and `password`); unset: RDS keeps it."""
    name: Name = "app"
    """Name of the first database."""
    username: Username = "postgres"
    """The master user. Its password is made, kept and rotated by RDS; with `roles` only the bootstrap step uses it."""
    roles: bool = True
    """Whether a first step, `bootstrap`, creates a role that owns the tables, for the migrations, and one that may only
    read and write rows, for the service. Without it both use the master user."""
    owner_username: Username | None = None
    """The owner role; unset: `NAME_owner`, NAME being the database's."""
    app_username: Username | None = None
    """The service's role; unset: `NAME_app`."""
    bootstrap: Command = Field(default_factory=lambda: ["migrate", "bootstrap"])
    """The image's command that creates both roles. It gets the master user as DB_USER and DB_PASSWORD, and the names
    and passwords to give: OWNER_USER, OWNER_PASSWORD, APP_USER, APP_PASSWORD."""
    bootstrap_secrets: Asked = Field(default_factory=list)
    """Which of the service's secrets that command gets: names from `app.secrets`, or `all`."""
    instance_class: Annotated[str, Field(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$")] = "db.t4g.micro"
    """RDS' instance class."""
    storage: Annotated[int, Field(ge=20, le=65_536)] = 20
    """GiB to begin with, of type gp3."""
    max_storage: Annotated[int, Field(ge=0, le=65_536)] | None = None
    """GiB up to which RDS enlarges the storage by itself when it runs short; unset: twice `storage`, 0: never. Storage
    that has grown stays."""
    multi_az: bool | None = None
    """Whether a standby in another availability zone takes over when the instance fails; unset: in environment `prod`
    alone."""
    backup_days: Annotated[int, Field(ge=0, le=35)] = 7
    """Days that automatic backups are kept; 0 switches them off."""
    backup_window: str = "03:00-04:00"
    """When the daily backup begins: UTC, at least half an hour."""
    maintenance_window: str = "sun:04:30-sun:05:30"
    """When RDS may do what needs a restart, minor updates above all: UTC, at least half an hour, apart from
    `backupWindow`."""
    kms_key: KeyArn | None = None
    """ARN of a KMS key of yours that encrypts storage, backups and snapshots; unset: AWS's own key, `aws/rds`, under
    which no snapshot can be copied to another account (`snapshot.copyTo`). To be chosen before the instance is made:
    another key makes another instance, without the data."""
    performance_insights: bool = True
    """Whether RDS records which statements load the instance, for the seven days that cost nothing."""
    export_logs: bool = True
    """Whether PostgreSQL's log is copied to CloudWatch Logs, for `logs.retentionDays`."""
    verify_tls: bool = True
    """Whether the application must verify the server's certificate; it is told by DB_SSL_REJECT_UNAUTHORIZED."""
    ca_bundle: Annotated[str, Field(pattern=r"^/\S+$")] | None = None
    """Path in the image of the CA bundle to verify with (RDS: global-bundle.pem), told by DB_SSL_CERT_PATH; unset: the
    one that the image knows itself."""
    variables: Templates = Field(default_factory=dict)
    """Further variables of all containers, for programs that know others than DB_HOST, DB_PORT, DB_NAME, DB_USER and
    DB_PASSWORD: name to a text with `{host}`, `{port}`, `{name}`, `{username}`, `{password}`, `{sslMode}` (by
    `verifyTls`: `verify-full` or `require`) or `{caBundle}` in it, like `PGHOST: "{host}"` or `DATABASE_URL:
    postgresql://{username}:{password}@{host}:{port}/{name}?sslmode={sslMode}`. Whatever holds user or password comes
    from Secrets Manager; inside of a longer text they need `roles`, and the bootstrap step does not get it. User,
    password and name are letters, digits and _: fit for an address."""

    @field_validator("engine", mode="before")
    @classmethod
    def _engine(cls, engine: object) -> object:
        if engine != "postgres":
            raise refused("only PostgreSQL is accepted; write postgres or leave the key out")
        return engine

    @field_validator("secret")
    @classmethod
    def _secret(cls, secret: str | None, info: ValidationInfo) -> str | None:
        if secret is not None and not re.fullmatch(
            r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+", secret
        ):
            raise hidden("is no ARN of a secret in AWS Secrets Manager; write one like arn:aws:secretsmanager:REGION:…")
        if secret is not None and info.data.get("existing") is None:
            raise hidden("belongs to an existing instance; RDS makes the secret of the stack's own. Remove it")
        return secret

    @model_validator(mode="after")
    def _of_an_own_instance(self) -> Database:
        given = [to_camel(key) for key in OWN if key in self.model_fields_set]
        if self.existing is not None and given:
            raise hidden(
                f"{', '.join(given)} belong to an instance of the stack's own, not to an existing one; remove them"
            )
        return self

    @field_validator("version")
    @classmethod
    def _version(cls, version: str) -> str:
        if not re.fullmatch(r"1[5-9](\.\d{1,2})?", version):
            raise refused('is not a PostgreSQL version from 15 on; write a major version in quotes, like "17"')
        if version in {"17.1", "17.2", "17.3", "17.4"}:
            raise refused('AWS creates this minor version no longer; write "17" and get the newest one')
        return version

    @field_validator("upgrade")
    @classmethod
    def _upgrade(cls, upgrade: str | None, info: ValidationInfo) -> str | None:
        version = info.data.get("version")
        if upgrade is not None and version is not None and upgrade != version.split(".")[0]:
            raise refused(f'is not the major version of database.version; write "{version.split(".")[0]}" or remove it')
        return upgrade

    @field_validator("username", "owner_username", "app_username")
    @classmethod
    def _username(cls, username: str | None) -> str | None:
        if username == "admin" or (username or "").startswith(("pg_", "rds")):
            raise refused("is a name that RDS or PostgreSQL keeps for itself; choose another")
        return username

    @field_validator("owner_username", "app_username")
    @classmethod
    def _role(cls, username: str | None, info: ValidationInfo) -> str | None:
        known, key = info.data, info.field_name or ""
        if known.get("roles") is False:
            if username is not None:
                raise refused("is not created while database.roles is false; remove it or set roles to true")
            return username
        if username is None and "name" in known and len(derived(known["name"], key)) > LONGEST_NAME:
            raise hidden(f"{derived(known['name'], key)} is longer than {LONGEST_NAME} characters; choose a name")
        others = {"database.username": known.get("username")}
        if key == "app_username" and {"owner_username", "name"} <= known.keys():
            others["database.ownerUsername"] = known["owner_username"] or derived(known["name"], "owner_username")
        name = username or derived(known.get("name", ""), key)
        refuse = refused if username else hidden
        for other, taken in others.items():
            if taken == name:
                raise refuse(f"{name} is {other} too; give every user a name of its own")
        return username

    @field_validator("bootstrap")
    @classmethod
    def _bootstrap(cls, command: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("roles") is False and command != ["migrate", "bootstrap"]:
            raise refused("is not run while database.roles is false; remove it or set roles to true")
        return command

    @field_validator("bootstrap_secrets")
    @classmethod
    def _bootstrap_secrets(cls, asked: Literal["all"] | list[str], info: ValidationInfo) -> Literal["all"] | list[str]:
        if info.data.get("roles") is False and asked:
            raise hidden("are those of a step that is not run while database.roles is false; remove them")
        return asked

    @field_validator("ca_bundle")
    @classmethod
    def _ca_bundle(cls, path: str | None, info: ValidationInfo) -> str | None:
        if path is not None and info.data.get("verify_tls") is False:
            raise refused("is not used while database.verifyTls is false; remove it or set verifyTls to true")
        return path

    @field_validator("variables")
    @classmethod
    def _variables(cls, templates: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        inside = sorted(name for name, text in templates.items() if connection.travels(text) == "composed")
        if inside and info.data.get("roles") is False:
            raise hidden(
                f"{', '.join(inside)} has {{username}} or {{password}} inside of a longer text, which the master user's"
                " secret, made by RDS, cannot hold; write them as variables of their own, or set database.roles to true"
            )
        bundle = info.data.get("ca_bundle")
        if info.data.get("verify_tls") and bundle is None and any("{caBundle}" in text for text in templates.values()):
            raise hidden("{caBundle} is empty while the certificate is to be verified; write its path into caBundle")
        return templates

    @field_validator("max_storage")
    @classmethod
    def _max_storage(cls, most: int | None, info: ValidationInfo) -> int | None:
        storage = info.data.get("storage")
        if most and storage is not None and most < (needed := least_maximum(storage)):
            raise refused(
                f"RDS wants room to grow: at least 10 % above database.storage ({storage}), 26 % so that it does not"
                f" refuse; write at least {needed}, or 0 for storage that never grows"
            )
        return most

    @field_validator("backup_window", "maintenance_window")
    @classmethod
    def _window(cls, window: str, info: ValidationInfo) -> str:
        example = "03:00-04:00" if info.field_name == "backup_window" else "sun:04:30-sun:05:30"
        if not windows.is_one(window, like=example):
            raise refused(f"is no such window; write one like {example}, in UTC")
        if windows.minutes(window) < windows.SHORTEST:
            raise refused(f"is shorter than {windows.SHORTEST} minutes, the least that RDS takes; lengthen it")
        backup = info.data.get("backup_window")
        if info.field_name == "maintenance_window" and backup and windows.overlap(backup, window):
            raise refused(f"overlaps database.backupWindow ({backup}), which RDS refuses; move one of them")
        return window

    @property
    def largest(self) -> int | None:
        """GiB that the storage may grow to; None: it does not grow."""
        return 2 * self.storage if self.max_storage is None else self.max_storage or None

    @property
    def major(self) -> str:
        """The major version, which names the parameter group's family."""
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
    """GiB: the least upper limit for storage that grows by itself, 26 % above it ("Managing capacity automatically with
    Amazon RDS storage autoscaling" in the Amazon RDS user guide)."""
    return storage + ceil(0.26 * storage)


def derived(database: str, key: str) -> str:
    """The name of a role that the settings leave open: `owner_username` of `notes` is `notes_owner`."""
    return f"{database.lower()}_{key.removesuffix('_username')}"
