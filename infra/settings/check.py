"""What `make check` has to be told of an application, where it cannot see it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.settings.model import Model


class Accepted(Model):
    """A statement that is known to be unsafe and wanted nevertheless."""

    rule: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)+$")]
    """The rule's name, as the report shows it: `ban-drop-column`."""
    contains: Annotated[str, Field(min_length=3)]
    """A part of the statement, so that the next one of its kind is reported again."""
    why: Annotated[str, Field(min_length=10)]
    """The reason, for whoever reads it in a year."""


class Check(Model):
    """`make check`: the application before the merge. A deployment does not use these."""

    migrations: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    """The files of the migrations: patterns relative to `app.context`, `**` for any number of folders. Empty: where the
    usual tools keep them."""
    released: Annotated[str, Field(pattern=r"^[^\s-]\S*$")] | None = None
    """The git revision that is released (a tag, a branch, a commit). Unset: where this branch left `main`."""
    schema_: Annotated[str | None, Field(alias="schema")] = None
    """A file of SQL (`pg_dump --schema-only`, with the rows of the migration tool's own table) that makes the last
    released schema, relative to Pulumi.yaml. Unset: the released revision is built, and its steps make it."""
    accepted: list[Accepted] = Field(default_factory=list)
    """Unsafe statements that are wanted nevertheless, each with its reason."""
    seconds: Annotated[int, Field(ge=5, le=3600)] = 300
    """Seconds for one step against the scratch database, and for the service to answer; a step's own `timeout` counts
    when it is shorter."""
