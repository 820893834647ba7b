"""The settings: read from the environment, checked whole, before anything else happens.

No message ever repeats a value: a secret mapped onto the wrong key would otherwise end in the log.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from notes import certificates

Model = TypeVar("Model", bound=BaseSettings)

_OWN = {"document", "absent", "several", "unreadable", "empty"}
"""The mistakes that we name ourselves, with their remedy; the rest is pydantic's, whose text may repeat the value."""


class Invalid(Exception):
    """Settings are wrong. The text names every bad key and what to set instead, one per line."""

    def __init__(self, lines: list[str]) -> None:
        count = "1 setting is wrong" if len(lines) == 1 else f"{len(lines)} settings are wrong"
        super().__init__("\n".join([count, *(f"  {line}" for line in lines)]))


def _truth(value: Any) -> Any:
    """Only `true` and `false`: `DB_SSL=off` or a quoted value must not quietly mean something."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda value: str(value).upper())]
Truth = Annotated[Literal[True, False], BeforeValidator(_truth)]


def plain(value: SecretStr) -> SecretStr:
    """A whole Secrets Manager secret where its password belongs is the commonest mistake in a task definition."""
    try:
        document = json.loads(value.get_secret_value())
    except ValueError:
        return value
    if isinstance(document, dict):
        raise PydanticCustomError(
            "document",
            "is wrong: it holds a JSON document; map its password alone (ECS: valueFrom ends in `:password::`)",
        )
    return value


Password = Annotated[SecretStr, AfterValidator(plain)]


class Database(BaseSettings):
    """Where the database is, and how to prove that it is the right one."""

    model_config = SettingsConfigDict(env_prefix="DB_", env_ignore_empty=True, frozen=True)

    host: str = Field(description="the host name of the PostgreSQL server")
    port: int = Field(5432, ge=1, le=65535, description="a port number from 1 to 65535")
    name: str = Field(description="the name of the database")
    user: str = Field(description="the user to log in as")
    password: Password = Field(description="the password of DB_USER, as plain text")
    ssl: Truth = Field(True, description="true or false")
    ssl_reject_unauthorized: Truth = Field(True, description="true or false")
    ssl_cert_path: Path | None = Field(None, validate_default=True, description="a PEM CA bundle")
    wait_seconds: int = Field(20, ge=1, le=600, description="whole seconds from 1 to 600 to wait for the database")

    @field_validator("ssl_cert_path")
    @classmethod
    def _certificates(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        """A bundle is needed only to verify; what was mistyped before it is complained of on its own line."""
        if not (info.data.get("ssl") and info.data.get("ssl_reject_unauthorized")):
            return value
        if value is None:
            try:
                value = certificates.bundle()
            except certificates.Several as error:
                raise PydanticCustomError("several", f"is missing: set it to one of {error}") from error
        if value is None:
            raise PydanticCustomError(
                "absent",
                "is missing: set it to the CA bundle that verifies the server (RDS: global-bundle.pem), or choose"
                " DB_SSL_REJECT_UNAUTHORIZED=false (encrypted, server not verified) or DB_SSL=false (not encrypted)",
            )
        try:
            found = "BEGIN CERTIFICATE" in value.read_text(errors="replace")
        except OSError as error:
            raise PydanticCustomError(
                "unreadable", "is wrong: the file cannot be read; set it to a CA bundle"
            ) from error
        if not found:
            raise PydanticCustomError("empty", "is wrong: the file holds no certificate; set it to a PEM CA bundle")
        return value

    @property
    def sslmode(self) -> str:
        """libpq's name for what DB_SSL and DB_SSL_REJECT_UNAUTHORIZED ask for."""
        if not self.ssl:
            return "disable"
        return "verify-full" if self.ssl_reject_unauthorized else "require"

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def named(self, name: str) -> "Database":
        """Another database of the same server, for the same user."""
        return self.model_copy(update={"name": name})

    def login(self, user: str, password: SecretStr) -> "Database":
        """The same database, for another user."""
        return self.model_copy(update={"user": user, "password": password})


class Service(BaseSettings):
    """How the web service runs."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    port: int = Field(8000, ge=1, le=65535, description="a port number from 1 to 65535")
    log_level: Level = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    shutdown_seconds: int = Field(20, ge=5, le=120, description="whole seconds from 5 to 120")
    tenant_pools: int = Field(8, ge=1, le=100, description="a whole number from 1 to 100")
    app_version: str = Field("unknown", pattern=r"^[A-Za-z0-9._+:/@-]{1,128}$", description="a name without spaces")


def read(*models: type[BaseSettings]) -> tuple[Any, ...]:
    """The settings of each model, in their order.

    Raises:
        Invalid: with every mistake of all of them at once.
    """
    mistakes: list[str] = []
    found = tuple(_read(model, mistakes) for model in models)
    if mistakes:
        raise Invalid(mistakes)
    return found


def database() -> Database:
    """The database's settings.

    Raises:
        Invalid: with every mistake at once.
    """
    found: Database
    (found,) = read(Database)
    return found


def both() -> tuple[Database, Service]:
    """The database's settings and the service's.

    Raises:
        Invalid: with every mistake of both at once.
    """
    found: tuple[Database, Service] = read(Database, Service)
    return found


def _read(model: type[Model], mistakes: list[str]) -> Model | None:
    try:
        return model()
    except ValidationError as error:
        mistakes += [_explain(model, dict(found)) for found in error.errors(include_input=False, include_url=False)]
        return None


def _explain(model: type[BaseSettings], mistake: dict[str, Any]) -> str:
    """One line for one mistake: the key, what is wrong with it, what to set."""
    field = str(mistake["loc"][0])
    key = f"{model.model_config.get('env_prefix', '')}{field}".upper()
    if mistake["type"] in _OWN:
        return f"{key} {mistake['msg']}"
    wrong = "missing" if mistake["type"] == "missing" else "wrong"
    return f"{key} is {wrong}: set it to {model.model_fields[field].description}"
