"""The requests that prove a version: the smoke request to the new one, and the soak of the old one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.values.container import Command, UrlPath
from infra.settings.values.images import TaskImage
from infra.settings.values.model import Model, hidden, refused
from sluice import sdk as gate


class Smoke(Model):
    """A GET request through the load balancer. The new version must answer it three times in a row, otherwise the
    rollout is rolled back."""

    from_: Annotated[Literal["deployer", "task", "off"], Field(alias="from")] = "deployer"
    """Who sends this request and the soak's. `deployer`: the machine that runs `pulumi up`. `task`: a one-off task in
    the service's network, for a load balancer that this machine cannot reach. `off`: nobody; healthy targets are the
    only proof. See docs/smoke.md."""
    command: Command | None = None
    """With `from: task`: replaces the image's CMD. It reads the service's URL from SLUICE_URL and exits 0 if the answer
    is correct."""
    image: TaskImage = None
    """With `from: task`: another image, by digest: `REPOSITORY@sha256:…`, or `sha256:…` for one in the stack's own
    repository. Unset: the new image."""
    path: UrlPath | None = None
    """Path of the request. Unset: `app.healthPath`."""
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$")] | None = None
    """Host header of this request and of the soak's, for a service whose users send another one, like behind a CDN.
    Unset: the host of the service's URL."""
    status: Annotated[int, Field(ge=200, le=499)] = gate.Smoke.status
    """HTTP status code that the answer must have."""
    timeout: Annotated[int, Field(ge=1, le=60)] = gate.Smoke.timeout
    """Seconds for one request."""
    attempts: Annotated[int, Field(ge=1, le=20)] = gate.Smoke.attempts
    """Wrong answers, one second apart, after which the version has failed."""
    body: str = gate.Smoke.body
    """Text that the answer must contain."""
    json_: Annotated[dict[str, Any], Field(alias="json")] = Field(default_factory=dict)
    """Fields that the answer's JSON must have: dotted path to text, number, true, false or null, like
    `database.status: ok`."""
    version_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]*$")] = "X-Version"
    """Response header with the application's version, which must be the release's. It is not checked if the application
    does not send it. Empty: never checked."""

    @field_validator("command")
    @classmethod
    def _check_command(cls, command: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if command is None and info.data.get("from_") == "task":
            raise hidden("is required with smoke.from: task; write a command that requests SLUICE_URL and exits 0")
        if command is not None and info.data.get("from_", "task") != "task":
            raise hidden("runs with smoke.from: task only; write that, or remove this")
        return command

    @field_validator("image")
    @classmethod
    def _check_image(cls, image: str | None, info: ValidationInfo) -> str | None:
        if image is not None and info.data.get("from_", "task") != "task":
            raise hidden("runs with smoke.from: task only; write that, or remove this")
        return image

    @field_validator("body")
    @classmethod
    def _check_body(cls, body: str, info: ValidationInfo) -> str:
        if body and info.data.get("from_", "deployer") != "deployer":
            raise refused("is checked with smoke.from: deployer only; check it in smoke.command, or remove this")
        return body

    @field_validator("json_")
    @classmethod
    def _check_json(cls, fields: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if fields and info.data.get("from_", "deployer") != "deployer":
            raise hidden("is checked with smoke.from: deployer only; check it in smoke.command, or remove this")
        for path, value in fields.items():
            if not all(path.split(".")):
                raise refused(f"{path!r} is not a path; write names joined by dots, like database.status")
            if isinstance(value, (dict, list)):
                raise refused(f"{path} is not a text, a number, true, false or null; write one path per value")
        return fields


class Soak(Model):
    """The old version's proof on the new schema, after the migrations and before the rollout. Two wrong answers, or a
    task that is replaced, stop the rollout: the old version does not work with the new schema."""

    seconds: Annotated[int, Field(ge=0, le=3600)] = 20
    """Seconds that the old version is watched; 0 skips the soak."""
    path: UrlPath | None = None
    """Path of the soak's request. Unset: `app.healthPath`. A version that did not answer this path when it was released
    gets its own smoke request instead."""
