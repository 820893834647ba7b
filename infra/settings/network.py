"""The stack's own network."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Annotated

from pydantic import Field, field_validator

from infra.settings.model import Model, refused


class Network(Model):
    """The VPC."""

    cidr: str = "10.0.0.0/16"
    """IPv4 range, /16 to /22."""
    zones: Annotated[int, Field(ge=2, le=6)] = 2
    """Availability zones in use; a load balancer needs two."""

    @field_validator("cidr")
    @classmethod
    def _cidr(cls, cidr: str) -> str:
        try:
            network = IPv4Network(cidr)
        except (AddressValueError, NetmaskValueError, ValueError) as error:
            raise refused(f"is not an IPv4 range ({error}); write one like 10.0.0.0/16") from error
        if not 16 <= network.prefixlen <= 22:
            raise refused("is too large for a VPC or too small for two subnets in every zone; use /16 to /22")
        return cidr
