"""What of a service, beside its revision, makes ECS start a deployment: network, platform, load balancer.

A deployment that fails takes these back with it: who wants them must say them again. Source: UpdateService in the
Amazon ECS API reference, which says of each parameter whether it starts a deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LATEST = "LATEST"
"""Asked for by this name; ECS may answer with the version that it stood for at that moment."""

_NETWORK = ("subnets", "securityGroups")


@dataclass(frozen=True)
class Shape:
    """network: ECS' awsvpcConfiguration. platform_version: of Fargate. load_balancers: as UpdateService takes them.
    Empty: nothing is asked for."""

    network: Mapping[str, Any] | None = None
    platform_version: str = ""
    load_balancers: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, service: Mapping[str, Any], deployment: Mapping[str, Any]) -> Shape:
        """As a deployment has it; its load balancers are said of the service alone."""
        network = (deployment.get("networkConfiguration") or {}).get("awsvpcConfiguration")
        balancers = service.get("loadBalancers") or ()
        return cls(network or None, str(deployment.get("platformVersion") or ""), tuple(balancers))

    def missing_in(self, other: Shape) -> dict[str, Any]:
        """What UpdateService must be told for *other* to become like this one. What *other* does not say, or this one
        does not ask for, is no difference."""
        arguments: dict[str, Any] = {}
        if self.network and other.network and _network(self.network) != _network(other.network):
            arguments["networkConfiguration"] = {"awsvpcConfiguration": dict(self.network)}
        if self.platform_version not in ("", LATEST) and other.platform_version not in ("", self.platform_version):
            arguments["platformVersion"] = self.platform_version
        if self.load_balancers and other.load_balancers:
            wanted, found = (sorted(map(_balancer, one.load_balancers)) for one in (self, other))
            if wanted != found:
                arguments["loadBalancers"] = [dict(one) for one in self.load_balancers]
        return arguments


def _network(network: Mapping[str, Any]) -> tuple[Any, ...]:
    """Comparable: in any order, with what ECS fills in."""
    return (*(sorted(network.get(key) or ()) for key in _NETWORK), network.get("assignPublicIp") or "DISABLED")


def _balancer(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """Comparable, with what a service needs before its strategy can be another than rolling."""
    names = (str(one.get("targetGroupArn", "")), str(one.get("containerName", "")), int(one.get("containerPort", 0)))
    return (*names, tuple(sorted((one.get("advancedConfiguration") or {}).items())))
