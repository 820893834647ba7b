"""The request that a new version must answer before its rollout counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.settings.model import Model


class Smoke(Model):
    """A GET of `app.healthPath` through the load balancer."""

    status: Annotated[int, Field(ge=200, le=499)] = 200
    """The HTTP status that counts as an answer."""
    timeout: Annotated[int, Field(ge=1, le=60)] = 10
    """Seconds for one request."""
