"""How the version that serves must first prove that it can live with the schema of the next one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.settings.app import Path_
from infra.settings.values.model import Model


class Soak(Model):
    """After the migrations and before anything is replaced. Two bad answers, or a task that had to be replaced, stop
    the rollout: then the old version cannot live with the new schema."""

    seconds: Annotated[int, Field(ge=0, le=3600)] = 20
    """How long; 0 switches it off."""
    path: Path_ | None = None
    """Deep health path of the soak; unset: `app.healthPath`. A version is asked there if it answered there when it was
    proven; else where its smoke request was."""
