"""The request that a new version must answer before its rollout counts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator

from infra.settings.app import Path_
from infra.settings.model import Model, refused


class Smoke(Model):
    """A GET through the load balancer, three times in a row; the version goes back when it is not answered so."""

    path: Path_ | None = None
    """Which path is asked; unset: `app.healthPath`."""
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$")] | None = None
    """The Host header of this request and of the soak's; unset: the host of the service's address, as users send it.
    For a service that users reach by another name than the stack knows, like a CDN's."""
    status: Annotated[int, Field(ge=200, le=499)] = 200
    """The HTTP status that counts as an answer."""
    timeout: Annotated[int, Field(ge=1, le=60)] = 10
    """Seconds for one request."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """How many wrong answers make the version unfit; between two of them it gets a second."""
    body: str = ""
    """A text that must be part of the answer."""
    json_: Annotated[dict[str, Any], Field(alias="json")] = Field(default_factory=dict)
    """Fields of the answer's JSON: dotted path to a text, a number, true, false or null, like `database.status: ok`."""
    version_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]*$")] = "X-Version"
    """The header in which the application says its version, which must then be the release's; one that does not send
    it is not asked. Empty: never."""

    @field_validator("json_")
    @classmethod
    def _json(cls, fields: dict[str, Any]) -> dict[str, Any]:
        for path, value in fields.items():
            if not all(path.split(".")):
                raise refused(f"{path!r} is no path of a field; write names joined by dots, like database.status")
            if isinstance(value, (dict, list)):
                raise refused(f"{path} is not a text, a number, true, false or null; write one path for each value")
        return fields
