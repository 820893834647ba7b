"""The way from the internet to the service's tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.target_group import TargetGroupArgs, hostname, short, target_group
from components.network.traffic_shift import (
    PRODUCTION_PRIORITY,
    TEST_PRIORITY,
    TrafficShift,
    alternate_group,
    shared_between,
    traffic_shift,
    written_by_ecs,
)

IDLE_TIMEOUT = 60
"""Seconds; the application's own keep-alive must be longer, else the load balancer answers 502 now and then
("Troubleshoot your Application Load Balancers" in the Elastic Load Balancing user guide)."""

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
"""TLS 1.2 and 1.3, and only ciphers with forward secrecy: what AWS's console proposes. Without one the API takes a
policy of 2016, with TLS 1.0 ("Security policies for your Application Load Balancer")."""


@dataclass(frozen=True)
class Https:
    """HTTPS with a name of the service's own.

    Attributes:
        host: the service's name.
        certificate_arn: of a valid certificate for it.
    """

    host: str
    certificate_arn: pulumi.Input[str]


@dataclass(frozen=True)
class AccessLogs:
    """Where every request is logged.

    Attributes:
        bucket: name of a bucket that the load balancers of this Region may write to.
        prefix: of the keys.
    """

    bucket: pulumi.Input[str]
    prefix: str


@dataclass(frozen=True)
class LoadBalancerArgs:
    """Inputs of LoadBalancer.

    Attributes:
        subnet_ids: public ones in at least two zones.
        protected: whether it must outlive the stack.
        https: None for HTTP under the load balancer's own name.
        access_logs: where every request is logged; None for nowhere.
        shifts: whether ECS shifts traffic between two target groups.
    """

    targets: TargetGroupArgs
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    protected: bool
    https: Https | None = None
    access_logs: AccessLogs | None = None
    shifts: bool = False


class LoadBalancer(pulumi.ComponentResource):
    """An Application Load Balancer with one target group, or with two that ECS shifts traffic between. With a
    certificate it listens on HTTPS and redirects HTTP there.

    Outputs:
        arn: of the load balancer.
        url: without a slash at its end.
        host: the name in the URL, which users send as Host header.
        address, zone_id: the load balancer's own DNS name, and its Route 53 zone.
        named: whether the URL has another name than the address.
        shared: False: it serves this service alone.
        target_group_arn: of the (primary) target group.
        suffix, target_group_suffixes: how CloudWatch names the load balancer and its target groups.
        shift: what ECS shifts traffic with; None: one target group.
        ready: the resources that a service must wait for: ECS takes only target groups that are attached to a load
            balancer.
    """

    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    host: pulumi.Output[str]
    address: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    named: bool
    shared: bool
    target_group_arn: pulumi.Output[str]
    suffix: pulumi.Output[str]
    target_group_suffixes: list[pulumi.Output[str]]
    shift: TrafficShift | None
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:LoadBalancer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        balancer = aws.lb.LoadBalancer(
            short(name),
            load_balancer_type="application",
            internal=False,
            subnets=list(args.subnet_ids),
            security_groups=[args.security_group_id],
            idle_timeout=IDLE_TIMEOUT,
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.protected,
            access_logs=_written(args.access_logs),
            opts=child,
        )
        targets = target_group(name, args.targets, child)
        forward: aws.lb.ListenerDefaultActionArgsDict = {"type": "forward", "target_group_arn": targets.arn}
        if args.https is None:
            listener = self._listener(name, balancer, forward)
            self.url = pulumi.Output.concat("http://", balancer.dns_name)
        else:
            listener = aws.lb.Listener(
                f"{name}-https",
                load_balancer_arn=balancer.arn,
                port=443,
                protocol="HTTPS",
                ssl_policy=TLS_POLICY,
                certificate_arn=args.https.certificate_arn,
                default_actions=[forward],
                opts=child,
            )
            # Permanent, so that browsers remember it; to the name that the certificate is for, whatever was asked for.
            elsewhere: aws.lb.ListenerDefaultActionRedirectArgsDict = {
                "protocol": "HTTPS",
                "host": args.https.host,
                "port": "443",
                "status_code": "HTTP_301",
            }
            self._listener(name, balancer, {"type": "redirect", "redirect": elsewhere}, after=listener)
            self.url = pulumi.Output.from_input(f"https://{args.https.host}")
        self.host = self.url.apply(hostname)
        self.arn = balancer.arn
        self.address, self.zone_id = balancer.dns_name, balancer.zone_id
        self.named = args.https is not None
        self.shared = False
        self.shift = self._shift(name, args.targets, targets, listener, child) if args.shifts else None
        self.ready = [listener, *(self.shift.rules if self.shift else [])]
        self.target_group_arn = targets.arn
        self.target_group_suffixes = [one.arn_suffix for one in (self.shift.groups if self.shift else [targets])]
        self.suffix = balancer.arn_suffix
        self.register_outputs({"url": self.url, "address": self.address, "targetGroupArn": self.target_group_arn})

    def _shift(
        self,
        name: str,
        args: TargetGroupArgs,
        primary: aws.lb.TargetGroup,
        listener: aws.lb.Listener,
        opts: pulumi.ResourceOptions,
    ) -> TrafficShift:
        """Rules that match before the default action: every request, and before that those with the test header."""
        alternate = alternate_group(name, args, opts)
        production = aws.lb.ListenerRule(
            f"{name}-production",
            listener_arn=listener.arn,
            priority=PRODUCTION_PRIORITY,
            conditions=[{"path_pattern": {"values": ["*"]}}],
            actions=shared_between(primary, alternate),
            opts=written_by_ecs(opts),
        )
        return traffic_shift(name, listener.arn, (primary, alternate), production, TEST_PRIORITY, [], opts)

    def _listener(
        self,
        name: str,
        balancer: aws.lb.LoadBalancer,
        action: aws.lb.ListenerDefaultActionArgsDict,
        after: pulumi.Resource | None = None,
    ) -> aws.lb.Listener:
        """The listener for HTTP.

        Args:
            after: the listener that it redirects to, which must exist first.
        """
        return aws.lb.Listener(
            f"{name}-http",
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[action],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after] if after else None),
        )


def _written(logs: AccessLogs | None) -> aws.lb.LoadBalancerAccessLogsArgsDict | None:
    return None if logs is None else {"enabled": True, "bucket": logs.bucket, "prefix": logs.prefix}
