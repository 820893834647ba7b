"""What `make check` needs to know about an application and cannot find out itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.settings.values.container import Command
from infra.settings.values.model import Model


class Accepted(Model):
    """An accepted finding of `make check`: an unsafe statement, a long lock, or a relation that the service's user
    cannot access."""

    rule: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)+$")]
    """Name of the rule in the report: `ban-drop-column`, `long-lock`, `unreachable-relation`."""
    contains: Annotated[str, Field(min_length=3)]
    """Part of the statement or of the relation's name, so that another finding of this rule is still reported."""
    why: Annotated[str, Field(min_length=10)]
    """Why the finding is accepted."""


class Check(Model):
    """`make check`, which tests the application before the merge. A deployment ignores these settings."""

    migrations: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    """Files of the migrations: patterns relative to `app.context`, `**` for any number of folders. Empty: the default
    folders of common migration tools."""
    released: Annotated[str, Field(pattern=r"^[^\s-]\S*$")] | None = None
    """Git revision that is released (tag, branch or commit), or `none` before the first release. Unset: the commit at
    which this branch left `main`."""
    schema_: Annotated[str | None, Field(alias="schema")] = None
    """SQL file that creates the released schema, relative to Pulumi.yaml: `pg_dump --schema-only`, plus the rows of the
    migration tool's own table. Unset: the released revision is built, and its steps create the schema."""
    seed: Command | None = None
    """Command of the image that fills the scratch database, as the user that migrates, once it has the released schema:
    tenants, so that their migrations run; rows, so that locks take as long as in production. It must change data and
    exit 0."""
    command: Command | None = None
    """Check command of the migration tool. It runs in the image on the migrated scratch database, as the user that
    migrates, and must exit 0: `[python, manage.py, makemigrations, --check, --dry-run]`, `[alembic, check]`."""
    lock_seconds: Annotated[int, Field(ge=1, le=3600)] = 1
    """Seconds that a migration may hold a lock which blocks reads or writes of a released table."""
    accepted: list[Accepted] = Field(default_factory=list)
    """Accepted findings, each with a reason."""
    seconds: Annotated[int, Field(ge=5, le=3600)] = 300
    """Seconds for one step on the scratch database, and until the service answers. A shorter `timeout` of a step takes
    precedence."""
