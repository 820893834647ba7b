"""Where tasks run: their subnets, security groups and public address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.errors import GateError
from sluice.inputs.keys import refuse_unknown


@dataclass(frozen=True)
class Network:
    """The network configuration of a task or a service (``awsvpcConfiguration`` in the ECS API reference).

    Attributes:
        subnets: ids; at least one.
        security_groups: ids; none: the VPC's default group.
        assign_public_ip: whether a task gets a public address.
    """

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...] = ()
    assign_public_ip: bool = False

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Network:
        """Read it from plain data. Raises GateError naming the key."""
        refuse_unknown(cls, raw, "network")
        subnets = tuple(str(one) for one in raw.get("subnets") or ())
        if not subnets:
            raise GateError("network: has no subnets")
        groups = tuple(str(one) for one in raw.get("securityGroups") or ())
        return cls(subnets, groups, bool(raw.get("assignPublicIp", False)))
