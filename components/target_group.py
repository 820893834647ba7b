"""Where a load balancer sends the service's requests."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

NAME_LIMIT = 32
"""Characters of a load balancer's or target group's name (CreateLoadBalancer, Elastic Load Balancing API reference)."""

SUFFIX = 8
"""Characters that Pulumi appends to an automatic name."""

HEALTHY_THRESHOLD = 2


@dataclass(frozen=True)
class TargetCheck:
    """path: must answer 200. interval, timeout: seconds. unhealthy: failed checks in a row."""

    path: str
    interval: int
    timeout: int
    unhealthy: int


@dataclass(frozen=True)
class TargetGroupArgs:
    """vpc_id: of the tasks and of the load balancer. port: where the targets listen. drain_seconds: how long requests
    to a leaving target may still take."""

    vpc_id: pulumi.Input[str]
    port: int
    check: TargetCheck
    drain_seconds: int


def short(name: str) -> str:
    """A name with room for what Pulumi appends."""
    return name[: NAME_LIMIT - SUFFIX].rstrip("-")


def target_group(name: str, args: TargetGroupArgs, opts: pulumi.ResourceOptions) -> aws.lb.TargetGroup:
    """A target group of IP addresses, which is what tasks on Fargate are."""
    return aws.lb.TargetGroup(
        short(name),
        vpc_id=args.vpc_id,
        target_type="ip",
        port=args.port,
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
        opts=opts,
    )
