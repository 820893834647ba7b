"""The steps that migrate the database."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from infra.settings.secrets import Asked
from infra.settings.values.model import Model, hidden, refused
from infra.settings.variables import Variables
from sluice import sdk as gate

BOOTSTRAP = "bootstrap"
"""Name of the step that the program adds itself."""

Seconds: TypeAlias = Annotated[int, Field(ge=1, le=86_400)]
Command: TypeAlias = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class Step(Model):
    """A migration step: a one-off Fargate task of the image that is to be deployed. Steps run in their order."""

    name: Annotated[str, Field(pattern=gate.STEP_NAME)]
    """Unique; shown in logs and outputs."""
    command: Command
    """Replaces the image's CMD; its ENTRYPOINT stays, unless `app.stepEntryPoint` replaces it."""
    phase: Literal["before", "after"] = "before"
    """`before`: runs before any task of the new version starts. `after`: runs when no task of the version before is
    left."""
    timeout: Seconds = gate.Step.timeout
    """Seconds until the step's tasks are stopped and the step has failed."""
    attempts: Annotated[int, Field(ge=1, le=10)] = gate.Step.attempts
    """How often a task that could not be started is tried. A migration that ran and failed is never repeated by
    itself."""
    shards: Annotated[int, Field(ge=1, le=gate.STEP_SHARDS)] = gate.Step.shards
    """How many tasks share the step's work side by side, told apart by SHARD_INDEX and SHARD_COUNT; all must exit 0."""
    environment: Variables = Field(default_factory=dict)
    """Plain variables of this step alone, like those of `app.environment`."""
    secrets: Asked = Field(default_factory=list)
    """Which of the service's secrets the step gets: names from `app.secrets`, or `all`. A step that asks for none gets
    none of them. A change runs the steps again."""
    image: str | None = None
    """An image of its own, always by digest: `REPOSITORY@sha256:…`, or `sha256:…` for one in the stack's own
    repository. Unset: the image that is to be deployed."""

    @field_validator("image")
    @classmethod
    def _image(cls, image: str | None) -> str | None:
        return by_digest(image)


def by_digest(image: str | None) -> str | None:
    """The same image, when it is none or named by its digest."""
    if image is not None and not re.fullmatch(r"(\S+@)?sha256:[0-9a-f]{64}", image):
        raise refused(
            "must be an image by digest, REPOSITORY@sha256: or sha256: and 64 hexadecimal digits; a tag may move to"
            " another image"
        )
    return image


def ordered(steps: list[Step], *, roles: bool | None) -> list[Step]:
    """The same steps, when they are possible together. roles: whether the program adds the bootstrap step."""
    names = [step.name for step in steps]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise hidden(f"more than one step is called {', '.join(twice)}; give every step a name of its own")
    if roles and BOOTSTRAP in names:
        raise hidden(
            f"a step is called {BOOTSTRAP}, as the one that the program adds itself; remove it (database.bootstrap is"
            " its command), rename it, or set database.roles to false"
        )
    if not any(step.phase == "before" for step in steps):
        raise hidden("no step has phase before, so nothing would migrate ahead of the new version; add one")
    return steps
