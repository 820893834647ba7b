"""The request that a new version must answer before its rollout counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.app import Path_
from infra.settings.migrations import Command, by_digest
from infra.settings.values.model import Model, hidden, refused


class Smoke(Model):
    """A GET through the load balancer, three times in a row; the version goes back when it is not answered so."""

    from_: Annotated[Literal["deployer", "task", "off"], Field(alias="from")] = "deployer"
    """Who sends this request and the soak's: `deployer`, the machine that runs `pulumi up`; `task`, a one-off task in
    the service's network, where that machine cannot reach the load balancer; `off`, nobody: healthy targets alone prove
    a version. See docs/smoke.md."""
    command: Command | None = None
    """With `from: task`: what the task runs in place of the image's CMD. It finds the address in SLUICE_URL, and exits
    with 0 when the answer is right."""
    image: str | None = None
    """With `from: task`: an image of its own, always by digest: `REPOSITORY@sha256:…`, or `sha256:…` for one in the
    stack's own repository. Unset: the release's."""
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

    @field_validator("command")
    @classmethod
    def _command(cls, command: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if command is None and info.data.get("from_") == "task":
            raise hidden("is required with smoke.from: task; it exits with 0 when SLUICE_URL is answered rightly")
        if command is not None and info.data.get("from_", "task") != "task":
            raise hidden("is run by smoke.from: task only; write that, or remove this")
        return command

    @field_validator("image")
    @classmethod
    def _image(cls, image: str | None, info: ValidationInfo) -> str | None:
        if image is not None and info.data.get("from_", "task") != "task":
            raise hidden("is run by smoke.from: task only; write that, or remove this")
        return by_digest(image)

    @field_validator("body")
    @classmethod
    def _body(cls, body: str, info: ValidationInfo) -> str:
        if body and info.data.get("from_", "deployer") != "deployer":
            raise refused("is compared by smoke.from: deployer only; let smoke.command compare it, or remove this")
        return body

    @field_validator("json_")
    @classmethod
    def _json(cls, fields: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if fields and info.data.get("from_", "deployer") != "deployer":
            raise hidden("is compared by smoke.from: deployer only; let smoke.command compare it, or remove this")
        for path, value in fields.items():
            if not all(path.split(".")):
                raise refused(f"{path!r} is no path of a field; write names joined by dots, like database.status")
            if isinstance(value, (dict, list)):
                raise refused(f"{path} is not a text, a number, true, false or null; write one path for each value")
        return fields
