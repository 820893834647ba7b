"""Where a load balancer sends the service's requests."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

NAME_LIMIT = 32
"""Characters of a load balancer's or target group's name (CreateLoadBalancer, Elastic Load Balancing API reference)."""

SUFFIX = 8
"""Characters that Pulumi appends to an automatic name."""

ALTERNATE = "-alt"
"""How the name of the second target group ends."""

HEALTHY_THRESHOLD = 2

PORT = 80
"""Of the group: a default that nothing uses, because ECS registers each task with its own container port. "You can
override the port for a target when you register it" (RegisterTargets, Elastic Load Balancing API reference)."""


@dataclass(frozen=True)
class TargetCheck:
    """The load balancer's health check of a target.

    Attributes:
        path: must answer 200.
        interval, timeout: seconds.
        unhealthy: failed checks in a row after which a target is unhealthy.
    """

    path: str
    interval: int
    timeout: int
    unhealthy: int


@dataclass(frozen=True)
class TargetGroupArgs:
    """Inputs of a target group.

    Attributes:
        vpc_id: of the tasks and of the load balancer.
        drain_seconds: that a running request has to finish when its target is deregistered.
    """

    vpc_id: pulumi.Input[str]
    check: TargetCheck
    drain_seconds: int


def hostname(url: str) -> str:
    """The host of an address, without its port."""
    return urlsplit(url).hostname or ""


def short(name: str) -> str:
    """A name with room for what Pulumi appends."""
    return name[: NAME_LIMIT - SUFFIX].rstrip("-")


def alternate_name(name: str) -> str:
    """The logical name of a stack's second target group. bootstrap/grants/traffic.py knows its form."""
    return f"{name[: NAME_LIMIT - SUFFIX - len(ALTERNATE)].rstrip('-')}{ALTERNATE}"


def target_group(name: str, args: TargetGroupArgs, opts: pulumi.ResourceOptions) -> aws.lb.TargetGroup:
    """A target group of IP addresses, which is what tasks on Fargate are.

    The port is not `app.port`: a group cannot change its port without being replaced, and a new group has no targets
    when the listener moves to it. One group holds tasks at two ports while a rollout moves `app.port`.
    """
    return aws.lb.TargetGroup(
        short(name),
        vpc_id=args.vpc_id,
        target_type="ip",
        port=PORT,
        protocol="HTTP",
        deregistration_delay=args.drain_seconds,
        health_check={
            "enabled": True,
            "protocol": "HTTP",
            "port": "traffic-port",
            "path": args.check.path,
            "matcher": "200",
            "interval": args.check.interval,
            "timeout": args.check.timeout,
            "healthy_threshold": HEALTHY_THRESHOLD,
            "unhealthy_threshold": args.check.unhealthy,
        },
        # Stacks of before have the group's port of that time; another one would replace the group.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["port"])),
    )
