"""What makes ECS start a deployment, apart from a new revision: the service's network, platform and load balancers.

A deployment that fails restores the former ones, so each rollout sends the wanted ones again. Source: UpdateService in
the Amazon ECS API reference, which says of each parameter whether it starts a deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LATEST = "LATEST"
"""The name of the newest platform version; ECS may answer with that version's number."""

_NETWORK = ("subnets", "securityGroups")


@dataclass(frozen=True)
class Shape:
    """The wanted, or the present, values; an empty one is not wanted or not known.

    Attributes:
        network: awsvpcConfiguration.
        platform_version: of Fargate.
        load_balancers: as UpdateService takes them.
    """

    network: Mapping[str, Any] | None = None
    platform_version: str = ""
    load_balancers: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, service: Mapping[str, Any], deployment: Mapping[str, Any]) -> Shape:
        """Return the values of a deployment; DescribeServices shows load balancers for the service alone."""
        network = (deployment.get("networkConfiguration") or {}).get("awsvpcConfiguration")
        balancers = service.get("loadBalancers") or ()
        return cls(network or None, str(deployment.get("platformVersion") or ""), tuple(balancers))

    def missing_in(self, other: Shape) -> dict[str, Any]:
        """Return the arguments of UpdateService that change *other* into this one. A value that either of them lacks is
        no difference."""
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
    """Comparable: in any order, with the defaults of ECS."""
    return (*(sorted(network.get(key) or ()) for key in _NETWORK), network.get("assignPublicIp") or "DISABLED")


def _balancer(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """Comparable, with the wiring that a strategy other than rolling needs. Where traffic shifts, either of the two
    target groups may serve, so their order is no difference."""
    wiring = dict(one.get("advancedConfiguration") or {})
    groups = sorted((str(one.get("targetGroupArn", "")), str(wiring.pop("alternateTargetGroupArn", ""))))
    container = (str(one.get("containerName", "")), int(one.get("containerPort", 0)))
    return (*groups, *container, tuple(sorted(wiring.items())))
