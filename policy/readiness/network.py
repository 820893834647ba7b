"""Rules on the network: who reaches whom, and how users reach the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .addresses import internet
from .rule import Judged, PolicyRule, RuleScope, Violation
from .stack import StackGraph, StackResource, listed, mappings

WEB = (80, 443)
MODERN = ("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-", "ELBSecurityPolicy-FS-1-2-Res-",
          "ELBSecurityPolicy-TLS-1-2-")  # fmt: skip
"""Prefixes of the TLS policies that allow nothing older than TLS 1.2 ("Security policies for your Application
Load Balancer": the TLS13-1-0 and TLS13-1-1 families do)."""

GROUP = "aws:ec2:SecurityGroup"
GROUPS = (GROUP, "aws:ec2:DefaultSecurityGroup")
RULE, INGRESS = "aws:ec2:SecurityGroupRule", "aws:vpc:SecurityGroupIngressRule"
LISTS = "aws:ec2:ManagedPrefixList"
VPC, GUARD = "aws:ec2:Vpc", "aws:wafv2:WebAclAssociation"
BALANCER, LISTENER, FORWARDS = "aws:lb:LoadBalancer", "aws:lb:Listener", "aws:lb:ListenerRule"

BEHIND = {
    "aws:ecs:Service": "networkConfiguration",
    "aws:rds:Instance": "vpcSecurityGroupIds",
    "aws:rds:Cluster": "vpcSecurityGroupIds",
    "aws:ec2:Instance": "vpcSecurityGroupIds",
    "aws:ec2:VpcEndpoint": "securityGroupIds",
}
"""Resource types that the internet must not reach, and the property that names their security groups."""

ENTRANCES = {
    "aws:apigateway:RestApi": "API Gateway",
    "aws:apigatewayv2:Api": "API Gateway",
    "aws:apprunner:Service": "App Runner",
    "aws:cloudfront:Distribution": "CloudFront",
    "aws:ec2:Instance": "an instance of its own",
    "aws:elb:LoadBalancer": "a Classic Load Balancer",
    "aws:globalaccelerator:Accelerator": "Global Accelerator",
    "aws:lambda:FunctionUrl": "a function's own URL",
    "aws:lightsail:Instance": "Lightsail",
}
"""Other entrances from the internet, which these rules do not judge."""


@dataclass(frozen=True)
class Opening:
    """The traffic that one rule of a security group allows in.

    Attributes:
        ranges: addresses; empty where only groups or lists of addresses are named.
        lists: ids of prefix lists that the stack does not create.
        first, last: ports.
    """

    about: StackResource
    ranges: tuple[str, ...]
    lists: tuple[str, ...]
    first: Any
    last: Any


def _openings(stack: StackGraph) -> Iterator[Opening]:
    for one in stack.of(*GROUPS, RULE, INGRESS):
        if one.type == RULE and one.get("type") != "ingress":
            continue
        for rule in mappings(one.get("ingress")) if one.type in GROUPS else [one.props]:
            ranges = [rule.get("cidrIpv4"), rule.get("cidrIpv6"), *listed(rule.get("cidrBlocks"))]
            ranges += listed(rule.get("ipv6CidrBlocks"))
            known, unknown = _listed(stack, one, [*listed(rule.get("prefixListIds")), rule.get("prefixListId")])
            texts = tuple(str(text) for text in [*ranges, *known] if text)
            yield Opening(one, texts, tuple(unknown), rule.get("fromPort"), rule.get("toPort"))


def _listed(stack: StackGraph, one: StackResource, ids: Iterable[Any]) -> tuple[list[str], list[str]]:
    """Return the ranges of a rule's prefix lists that the stack creates, and the ids of all others."""
    made = [stack.behind(one, prop, LISTS) for prop in ("prefixListId", "prefixListIds", "ingress")]
    mine = [other for other in stack.of(LISTS) if any(other.urn in urns for urns in made)]
    ranges = [str(entry.get("cidr")) for other in mine for entry in mappings(other.get("entries"))]
    return ranges, [] if mine else [str(text) for text in ids if text]


def _public(stack: StackGraph) -> Iterator[Violation]:
    fronts = {urn for one in stack.of(BALANCER) for urn in stack.behind(one, "securityGroups", GROUP)}
    fronts -= {urn for kind, prop in BEHIND.items() for one in stack.of(kind) for urn in stack.behind(one, prop, GROUP)}
    openings = list(_openings(stack))
    together: dict[frozenset[str], list[str]] = {}
    for opening in openings:
        together.setdefault(_groups(stack, opening.about), []).extend(opening.ranges)
    for opening in openings:
        groups, one = _groups(stack, opening.about), opening.about
        front = bool(groups) and groups <= fronts
        if opening.lists and not front:
            yield Violation(
                one.urn, f"allows in the addresses of the list {', '.join(opening.lists)}, which is not known here"
            )
        if not opening.ranges or not internet(together[groups]):
            continue
        if not front:
            yield Violation(one.urn, "the internet reaches something that is not a load balancer")
        elif opening.first != opening.last or opening.first not in WEB:
            yield Violation(
                one.urn, f"the internet reaches the load balancer on ports {opening.first} to {opening.last}"
            )
    for one in stack.of(*ENTRANCES):
        if one.type != "aws:ec2:Instance" or one.get("associatePublicIpAddress") is not False:
            yield Violation(
                one.urn, f"the internet has access by {ENTRANCES[one.type]}, which these rules do not judge"
            )


def _groups(stack: StackGraph, one: StackResource) -> frozenset[str]:
    """Return URNs of the groups that a rule belongs to; empty when they are not of this stack."""
    return frozenset({one.urn} if one.type in GROUPS else stack.behind(one, "securityGroupId", GROUP))


def _secure(actions: Any) -> bool:
    """Return whether a listener only redirects requests to HTTPS."""
    found = list(mappings(actions))
    return bool(found) and all(
        action.get("type") == "redirect" and _first(action.get("redirect")).get("protocol") == "HTTPS"
        for action in found
    )


def _first(value: Any) -> Mapping[str, Any]:
    return next(mappings([value] if isinstance(value, Mapping) else value), {})


def _encrypted(stack: StackGraph) -> Iterator[Violation]:
    for one in stack.of(LISTENER):
        protocol = one.get("protocol")
        if protocol in ("HTTPS", "TLS"):
            if not str(one.get("sslPolicy") or "").startswith(MODERN):
                yield Violation(one.urn, f"sslPolicy {one.get('sslPolicy')} allows TLS older than 1.2")
        elif not _secure(one.get("defaultActions")):
            yield Violation(one.urn, f"answers over {protocol}: passwords and cookies can be read in transit")
    for one in stack.of(FORWARDS):
        protocols = [listener.get("protocol") for listener in _listeners(stack, one)]
        if not protocols:
            yield Violation(
                one.urn, "is a rule of a listener that the stack neither creates nor reads: does it use HTTPS?"
            )
        elif not all(protocol == "HTTPS" for protocol in protocols) and not _secure(one.get("actions")):
            yield Violation(one.urn, "answers over HTTP: passwords and cookies can be read in transit")


def _listeners(stack: StackGraph, rule: StackResource) -> list[StackResource]:
    """Return the listeners of a rule that the stack creates or has read."""
    named = stack.behind(rule, "listenerArn", LISTENER)
    return [
        one
        for one in stack.of(LISTENER)
        if one.urn in named or (one.get("arn") is not None and one.get("arn") == rule.get("listenerArn"))
    ]


def _guarded(stack: StackGraph) -> Iterator[Violation]:
    before = {urn for one in stack.of(GUARD) for urn in stack.behind(one, "resourceArn", BALANCER)}
    for one in stack.of(BALANCER):
        if one.urn not in before:
            yield Violation(one.urn, "it has no firewall: one address may send any number of requests")
    for one in stack.of("aws:wafv2:WebAcl"):
        if not any(_refuses(rule) for rule in mappings(one.get("rules"))):
            yield Violation(one.urn, "blocks nothing: no rule has the action block")


def _refuses(rule: Mapping[str, Any]) -> bool:
    return "block" in _first(rule.get("action")) or "none" in _first(rule.get("overrideAction"))


def _written(one: StackResource) -> Judged:
    if one.get("accessLogs.enabled") is not True or not one.get("accessLogs.bucket"):
        yield "logs no requests: after an incident nobody knows who sent them"


def _flows(stack: StackGraph) -> Iterator[Violation]:
    refused = [one for one in stack.of("aws:ec2:FlowLog") if one.get("trafficType") in ("ALL", "REJECT")]
    seen = {urn for one in refused for urn in stack.behind(one, "vpcId", VPC)}
    for one in stack.of(VPC):
        if one.urn not in seen:
            yield Violation(one.urn, "no flow log records refused connections")


def _empty_default(stack: StackGraph) -> Iterator[Violation]:
    closed = {urn for one in stack.of("gate:index:DefaultGroup") for urn in stack.behind(one, "vpc", VPC)}
    closed |= {
        urn
        for one in stack.of("aws:ec2:DefaultSecurityGroup")
        if not one.get("ingress") and not one.get("egress")
        for urn in stack.behind(one, "vpcId", VPC)
    }
    for one in stack.of(VPC):
        if one.urn not in closed:
            yield Violation(
                one.urn, "its default security group has rules: whatever is started without a group is reachable"
            )


def _outside(one: StackResource) -> Judged:
    if one.get("networkConfiguration.assignPublicIp") is True:
        yield "its tasks have public addresses: one wrong rule exposes them to the internet"


def _balancer(one: StackResource) -> Judged:
    if one.get("enableDeletionProtection") is not True:
        yield "may be deleted, and with it the name that users use"
    if one.get("dropInvalidHeaderFields") is not True:
        yield "lets malformed headers through"
    subnets = one.get("subnets")
    if subnets is not None and len(subnets) < 2:
        yield "is in one zone only"


RULES = [
    PolicyRule(
        "public-ingress",
        "The internet reaches the load balancer, on ports 80 and 443, and nothing else",
        "allow a security group in by referencedSecurityGroupId",
        RuleScope.EVERYWHERE,
        whole=_public,
    ),
    PolicyRule(
        "https",
        "Users are answered over HTTPS only, TLS 1.2 or newer; plain HTTP redirects",
        "set `domain`, or `loadBalancer.listener` to an HTTPS listener of yours",
        RuleScope.PRODUCTION,
        whole=_encrypted,
    ),
    PolicyRule(
        "private-tasks",
        "Tasks have no public address",
        "set `network.egress` to nat, natPerZone or endpoints",
        RuleScope.PRODUCTION,
        ("aws:ecs:Service",),
        _outside,
    ),
    PolicyRule(
        "load-balancer",
        "The load balancer is in several zones, protected from deletion, and drops malformed headers",
        "write `environment: prod`, and at least two zones",
        RuleScope.PRODUCTION,
        (BALANCER,),
        _balancer,
    ),
    PolicyRule(
        "waf",
        "The load balancer has a web application firewall that blocks something",
        "leave the setting `waf.enabled` out, with a rate limit or a group of rules to block",
        RuleScope.PRODUCTION,
        whole=_guarded,
    ),
    PolicyRule(
        "access-logs",
        "The load balancer logs every request",
        "leave the setting `loadBalancer.accessLogs` out",
        RuleScope.PRODUCTION,
        (BALANCER,),
        _written,
    ),
    PolicyRule(
        "flow-logs",
        "The VPC logs refused connections",
        "leave the setting `network.flowLogs` out",
        RuleScope.PRODUCTION,
        whole=_flows,
    ),
    PolicyRule(
        "default-security-group",
        "The VPC's default security group has no rules",
        "gate.DefaultGroup for the VPC",
        RuleScope.EVERYWHERE,
        whole=_empty_default,
    ),
]
