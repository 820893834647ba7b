"""Who may talk to whom, and how the service is reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .rule import Finding, Judged, Rule, Scope
from .stack import Resource, Stack, listed, mappings

ANYWHERE = ("0.0.0.0/0", "::/0")
WEB = (80, 443)
MODERN = ("ELBSecurityPolicy-TLS13-", "ELBSecurityPolicy-FS-1-2-Res-", "ELBSecurityPolicy-TLS-1-2-")
"""How the names of the TLS policies begin that know nothing older than TLS 1.2."""

GROUP = "aws:ec2:SecurityGroup"


def _open(one: Resource) -> Iterator[tuple[Any, Any]]:
    """The ranges of ports, first and last, that a rule or group opens to the whole internet."""
    kinds = {"aws:ec2:SecurityGroupRule": [one.props] if one.get("type") == "ingress" else []}
    rules = kinds.get(one.type, [one.props] if one.type != GROUP else list(mappings(one.get("ingress"))))
    for rule in rules:
        said = [rule.get("cidrIpv4"), rule.get("cidrIpv6"), *listed(rule.get("cidrBlocks"))]
        if any(cidr in ANYWHERE for cidr in [*said, *listed(rule.get("ipv6CidrBlocks"))]):
            yield rule.get("fromPort"), rule.get("toPort")


def _public(stack: Stack) -> Iterator[Finding]:
    balancers = {urn for one in stack.of("aws:lb:LoadBalancer") for urn in stack.behind(one, "securityGroups", GROUP)}
    for one in stack.of(GROUP, "aws:ec2:SecurityGroupRule", "aws:vpc:SecurityGroupIngressRule"):
        groups = {one.urn} if one.type == GROUP else stack.behind(one, "securityGroupId", GROUP)
        for first, last in _open(one):
            if not groups or not groups <= balancers:
                yield Finding(one.urn, "the internet reaches something that is not a load balancer")
            elif first != last or first not in WEB:
                yield Finding(one.urn, f"the internet reaches the load balancer on ports {first} to {last}")


def _encrypted(stack: Stack) -> Iterator[Finding]:
    for one in stack.of("aws:lb:Listener"):
        action = one.get("defaultActions.type")
        if one.get("protocol") == "HTTP" and action != "redirect":
            yield Finding(one.urn, "answers over HTTP: passwords and cookies can be read on the way")
        if one.get("protocol") == "HTTPS" and not str(one.get("sslPolicy") or "").startswith(MODERN):
            yield Finding(one.urn, f"sslPolicy {one.get('sslPolicy')} allows TLS older than 1.2")


def _outside(one: Resource) -> Judged:
    if one.get("networkConfiguration.assignPublicIp") is True:
        yield "its tasks have public addresses; one wrong rule, and the internet reaches them"


def _balancer(one: Resource) -> Judged:
    if one.get("enableDeletionProtection") is not True:
        yield "may be deleted, and with it the name that users know"
    if one.get("dropInvalidHeaderFields") is not True:
        yield "lets malformed headers through"
    subnets = one.get("subnets")
    if subnets is not None and len(subnets) < 2:
        yield "is in one zone only"


RULES = [
    Rule(
        "public-ingress",
        "The internet reaches the load balancer, on ports 80 and 443, and nothing else",
        "let a security group in by referencedSecurityGroupId",
        Scope.EVERYWHERE,
        whole=_public,
    ),
    Rule(
        "https",
        "Users are answered over HTTPS only, TLS 1.2 or newer; plain HTTP redirects",
        "set `domain`, or `loadBalancer.listener` to an HTTPS listener of yours",
        Scope.PRODUCTION,
        whole=_encrypted,
    ),
    Rule(
        "private-tasks",
        "Tasks have no public address",
        "set `network.egress` to nat, natPerZone or endpoints",
        Scope.PRODUCTION,
        ("aws:ecs:Service",),
        _outside,
    ),
    Rule(
        "load-balancer",
        "The load balancer is in several zones, protected from deletion, and drops malformed headers",
        "write `environment: prod`, and at least two zones",
        Scope.PRODUCTION,
        ("aws:lb:LoadBalancer",),
        _balancer,
    ),
]
