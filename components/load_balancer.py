"""The way from the internet to the service's tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

NAME_LIMIT = 32
"""Characters of a load balancer's or target group's name (CreateLoadBalancer, Elastic Load Balancing API reference)."""

SUFFIX = 8
"""Characters that Pulumi appends to an automatic name."""

IDLE_TIMEOUT = 60
"""Seconds; the application's own keep-alive must be longer, else the load balancer answers 502 now and then
("Troubleshoot your Application Load Balancers" in the Elastic Load Balancing user guide)."""

HEALTHY_THRESHOLD = 2


@dataclass(frozen=True)
class TargetCheck:
    """path: must answer 200. interval, timeout: seconds. unhealthy: failed checks in a row."""

    path: str
    interval: int
    timeout: int
    unhealthy: int


@dataclass(frozen=True)
class LoadBalancerArgs:
    """subnet_ids: public ones in at least two zones. port: where the targets listen. drain_seconds: how long requests
    to a leaving target may still take. protected: whether it must outlive the stack."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    port: int
    check: TargetCheck
    drain_seconds: int
    protected: bool


class LoadBalancer(pulumi.ComponentResource):
    """An Application Load Balancer that forwards HTTP to one target group of IP addresses.

    Outputs: url (without a slash at its end), target_group_arn, and listener: a service must wait for it, because ECS
    takes only target groups that are attached to a load balancer.
    """

    url: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    listener: aws.lb.Listener

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:LoadBalancer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        short = name[: NAME_LIMIT - SUFFIX].rstrip("-")
        balancer = aws.lb.LoadBalancer(
            short,
            load_balancer_type="application",
            internal=False,
            subnets=list(args.subnet_ids),
            security_groups=[args.security_group_id],
            idle_timeout=IDLE_TIMEOUT,
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.protected,
            opts=child,
        )
        targets = aws.lb.TargetGroup(
            short,
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
            opts=child,
        )
        self.listener = aws.lb.Listener(
            f"{name}-http",
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[{"type": "forward", "target_group_arn": targets.arn}],
            opts=child,
        )
        self.url = pulumi.Output.concat("http://", balancer.dns_name)
        self.target_group_arn = targets.arn
        self.register_outputs({"url": self.url, "targetGroupArn": self.target_group_arn})
