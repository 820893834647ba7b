"""What `make check` has to be told of an application, where it cannot see it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.settings.migrations import Command
from infra.settings.values.model import Model


class Accepted(Model):
    """A finding of `make check` that is wanted nevertheless: an unsafe statement, a long lock, or a relation that the
    service's user must not reach."""

    rule: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)+$")]
    """The rule's name, as the report shows it: `ban-drop-column`, `long-lock`, `unreachable-relation`."""
    contains: Annotated[str, Field(min_length=3)]
    """A part of the statement or of the relation's name, so that the next one of its kind is reported again."""
    why: Annotated[str, Field(min_length=10)]
    """The reason, for whoever reads it in a year."""


class Check(Model):
    """`make check`: the application before the merge. A deployment does not use these."""

    migrations: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    """The files of the migrations: patterns relative to `app.context`, `**` for any number of folders. Empty: where the
    usual tools keep them."""
    released: Annotated[str, Field(pattern=r"^[^\s-]\S*$")] | None = None
    """The git revision that is released (a tag, a branch, a commit), or `none` before the first release. Unset: where
    this branch left `main`."""
    schema_: Annotated[str | None, Field(alias="schema")] = None
    """A file of SQL (`pg_dump --schema-only`, with the rows of the migration tool's own table) that makes the last
    released schema, relative to Pulumi.yaml. Unset: the released revision is built, and its steps make it."""
    seed: Command | None = None
    """A command of the image that fills the scratch database, as the user that migrates, once the released schema is
    made: tenants, so that their migrations run; rows, so that locks take as long as they do. It must change something
    and exit 0."""
    command: Command | None = None
    """The migration tool's own check, run in the image on the migrated scratch database as the user that migrates; an
    exit code other than 0 fails: `[python, manage.py, makemigrations, --check, --dry-run]`, `[alembic, check]`."""
    lock_seconds: Annotated[int, Field(ge=1, le=3600)] = 1
    """Seconds for which a migration may hold a lock that stops reads or writes on a table that is released."""
    accepted: list[Accepted] = Field(default_factory=list)
    """Findings that are wanted nevertheless, each with its reason."""
    seconds: Annotated[int, Field(ge=5, le=3600)] = 300
    """Seconds for one step against the scratch database, and for the service to answer; a step's own `timeout` counts
    when it is shorter."""
