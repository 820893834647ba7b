"""The request that a new version must answer before its rollout counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.settings.model import Model


class Smoke(Model):
    """status: the HTTP status that counts as an answer. timeout: seconds for one request to app.healthPath."""

    status: Annotated[int, Field(ge=200, le=499)] = 200
    timeout: Annotated[int, Field(ge=1, le=60)] = 10
