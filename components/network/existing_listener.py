"""The way to the service's tasks through a load balancer that is there already."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.target_group import TargetGroupArgs, hostname, target_group
from components.network.traffic_shift import (
    Condition,
    TrafficShift,
    alternate_group,
    shared_between,
    traffic_shift,
    written_by_ecs,
)


@dataclass(frozen=True)
class ExistingListenerArgs:
    """Inputs of ExistingListener.

    Attributes:
        listener_arn: of an Application Load Balancer.
        priority: of the rule among the listener's.
        host: the name whose requests are the service's.
        https_only: whether a listener for plain HTTP is refused.
        test_priority: of the test rule, lower than *priority*, where ECS shifts traffic between two target groups; None
            where it does not.
    """

    targets: TargetGroupArgs
    listener_arn: str
    priority: int
    host: str
    https_only: bool = False
    test_priority: int | None = None


class ExistingListener(pulumi.ComponentResource):
    """A target group, and a rule of an existing listener that forwards one host name to it; or two target groups that
    ECS shifts traffic between.

    Outputs: those of a load balancer of the stack's own, and:
        shared: True: it may serve other services too.
        internal: whether only its own network reaches it.
    """

    url: pulumi.Output[str]
    host: pulumi.Output[str]
    address: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    named: bool
    shared: bool
    internal: pulumi.Output[bool]
    target_group_arn: pulumi.Output[str]
    suffix: pulumi.Output[str]
    target_group_suffixes: list[pulumi.Output[str]]
    shift: TrafficShift | None
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: ExistingListenerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:ExistingListener", name, None, opts)
        child, asked = pulumi.ResourceOptions(parent=self), pulumi.InvokeOptions(parent=self)
        # Read as a resource: so the policy pack, too, sees its protocol and TLS policy.
        listener = aws.lb.Listener.get(name, args.listener_arn, opts=child)
        balancer = aws.lb.get_load_balancer_output(arn=load_balancer_arn(args.listener_arn), opts=asked)
        targets = target_group(name, args.targets, child)
        hosts: Condition = {"host_header": {"values": [args.host]}}
        alternate = alternate_group(name, args.targets, child) if args.test_priority is not None else None
        rule = aws.lb.ListenerRule(
            name,
            listener_arn=listener.arn,
            priority=args.priority,
            conditions=[hosts],
            actions=shared_between(targets, alternate)
            if alternate
            else [{"type": "forward", "target_group_arn": targets.arn}],
            opts=written_by_ecs(child) if alternate else child,
        )
        self.shift = (
            traffic_shift(name, listener.arn, (targets, alternate), rule, args.test_priority, [hosts], child)
            if alternate is not None and args.test_priority is not None
            else None
        )
        self.ready = [rule, *(self.shift.rules[1:] if self.shift else [])]
        self.url = pulumi.Output.all(listener.protocol, listener.port).apply(
            lambda known: origin(known[0], int(known[1]), args.host, args.https_only)
        )
        self.host = self.url.apply(hostname)
        self.address, self.zone_id = balancer.dns_name, balancer.zone_id
        self.named = True
        self.shared = True
        self.internal = balancer.internal
        self.target_group_arn = targets.arn
        self.target_group_suffixes = [one.arn_suffix for one in (self.shift.groups if self.shift else [targets])]
        self.suffix = balancer.arn_suffix
        self.register_outputs({"url": self.url, "address": self.address, "targetGroupArn": self.target_group_arn})


def load_balancer_arn(listener_arn: str) -> str:
    """ARN of the load balancer that a listener belongs to; the listener's own says it ("Resource types defined by
    Elastic Load Balancing V2" in the Service Authorization Reference)."""
    prefix, _, path = listener_arn.partition(":listener/")
    return f"{prefix}:loadbalancer/{path.rpartition('/')[0]}"


def origin(protocol: str, port: int, host: str, https_only: bool = False) -> str:
    """Scheme, host and port of a listener; a scheme's usual port is not said. Raises RunError for plain HTTP where
    only HTTPS will do."""
    scheme = protocol.lower()
    if https_only and scheme != "https":
        raise pulumi.RunError(
            f"loadBalancer.listener speaks {protocol} on port {port}, and production answers over HTTPS only: passwords"
            " and cookies could be read on the way. Name an HTTPS listener of that load balancer"
        )
    usual = {"http": 80, "https": 443}.get(scheme)
    return f"{scheme}://{host}" if port == usual else f"{scheme}://{host}:{port}"
