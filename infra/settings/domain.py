"""The service's own name, and HTTPS."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.load_balancer import HostName
from infra.settings.values.arns import is_arn
from infra.settings.values.model import Model, refused


class Domain(Model):
    """With a name the service speaks HTTPS only: what comes over HTTP is sent there. Without one it answers over HTTP
    under the load balancer's own name, which prod refuses."""

    name: HostName | None = None
    """Host name of the service, like shop.example.com."""
    zone: Annotated[str, Field(pattern=r"^Z[A-Z0-9]{1,31}$")] | None = None
    """Id of the public Route 53 hosted zone that the name is in. There the program proves to AWS Certificate Manager
    that the name is yours, and leads it to the load balancer."""
    certificate: str | None = None
    """ARN of an existing certificate for the name, in the stack's Region; unset: one is made in `zone`. Without `zone`
    the name's record is yours to make: a CNAME to the output `address`."""

    @field_validator("zone")
    @classmethod
    def _zone(cls, zone: str | None, info: ValidationInfo) -> str | None:
        if zone is not None and info.data.get("name", zone) is None:
            raise refused("is of no use without a name in it; write domain.name, or remove this")
        return zone

    @field_validator("certificate")
    @classmethod
    def _certificate(cls, arn: str | None, info: ValidationInfo) -> str | None:
        if arn is None:
            return arn
        if not is_arn(arn, "acm", r"certificate/[0-9a-f-]{36}"):
            raise refused(
                "is no ARN of a certificate in AWS Certificate Manager; write one like"
                " arn:aws:acm:REGION:ACCOUNT:certificate/ID"
            )
        if info.data.get("name", arn) is None:
            raise refused("is of no use without the name it is for; write domain.name, or remove this")
        return arn
