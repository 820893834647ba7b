"""All settings of a stack."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from infra.settings.app import App
from infra.settings.aws import Aws
from infra.settings.database import Database
from infra.settings.environment import PROTECTED, Environment
from infra.settings.migrations import Step, unique
from infra.settings.model import Model
from infra.settings.network import Network
from infra.settings.service import Service
from infra.settings.smoke import Smoke


class Settings(Model):
    """Everything that differs between two stacks; each part says its own units in its own file."""

    environment: Environment
    aws: Aws
    app: App
    migrations: Annotated[list[Step], Field(min_length=1)]
    database: Database = Field(default_factory=Database)
    service: Service = Field(default_factory=Service)
    smoke: Smoke = Field(default_factory=Smoke)
    network: Network = Field(default_factory=Network)

    @field_validator("migrations")
    @classmethod
    def _migrations(cls, migrations: list[Step]) -> list[Step]:
        return unique(migrations)

    @property
    def protected(self) -> bool:
        """Whether this stack's data must outlive a `pulumi destroy`."""
        return self.environment in PROTECTED
