"""The steps that migrate the database."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.model import Model, refused
from infra.settings.variables import Variables

Seconds = Annotated[int, Field(ge=1, le=86_400)]


class Step(Model):
    """One migration step: a one-off Fargate task of the image that is to be deployed.

    name: unique, shown in logs and outputs. command: replaces the image's CMD (its ENTRYPOINT stays). phase: `before`
    runs before the new version starts. timeout: seconds until the task is stopped and the step has failed. attempts:
    how often a task that could not be started is tried; a migration that ran and failed is never repeated by itself.
    environment: plain variables of this step alone.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    command: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    phase: Literal["before"] = "before"
    timeout: Seconds = 900
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    environment: Variables = Field(default_factory=dict)


def unique(steps: list[Step]) -> list[Step]:
    """The same steps, when no two have one name."""
    names = [step.name for step in steps]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise refused(f"more than one step is called {', '.join(twice)}; give every step a name of its own")
    return steps
