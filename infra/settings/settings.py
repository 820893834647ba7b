"""All settings of a stack."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.app import App
from infra.settings.aws import Aws
from infra.settings.database import Database
from infra.settings.environment import PROTECTED, Environment
from infra.settings.migrations import Step, ordered
from infra.settings.model import Model
from infra.settings.network import Network
from infra.settings.service import Service
from infra.settings.smoke import Smoke


class Settings(Model):
    """Everything that differs between two stacks."""

    environment: Environment
    """What the stack is for. `prod` is protected: its database, images and run records outlive a `pulumi destroy`."""
    aws: Aws
    """Region and account."""
    app: App
    """The application, its image build and its container."""
    database: Database = Field(default_factory=Database)
    """The PostgreSQL database."""
    migrations: Annotated[list[Step], Field(min_length=1)]
    """Steps that migrate the database, in their order; at least one of phase `before`."""
    service: Service = Field(default_factory=Service)
    """Tasks, health checks and rollouts."""
    smoke: Smoke = Field(default_factory=Smoke)
    """The request that a new version must answer."""
    network: Network = Field(default_factory=Network)
    """The stack's own network."""

    @field_validator("migrations")
    @classmethod
    def _migrations(cls, migrations: list[Step], info: ValidationInfo) -> list[Step]:
        database = info.data.get("database")
        return ordered(migrations, roles=database and database.roles)

    @property
    def protected(self) -> bool:
        """Whether this stack's data must outlive a `pulumi destroy`."""
        return self.environment in PROTECTED
