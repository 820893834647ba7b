"""An existing network: only the security groups in it are the stack's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.existing_listener import load_balancer_arn
from infra.network.firewall import Firewall, FirewallArgs


@dataclass(frozen=True)
class ExistingNetworkArgs:
    """Inputs of ExistingNetwork.

    Attributes:
        vpc_id: of the existing VPC.
        public_subnet_ids, task_subnet_ids, database_subnet_ids: of its subnets, by what they are for.
        public_ip: whether tasks need a public address to get out.
        https: whether the load balancer listens on 443.
        listener_arn: of an existing load balancer; None: the stack has its own.
    """

    vpc_id: str
    public_subnet_ids: Sequence[str]
    task_subnet_ids: Sequence[str]
    database_subnet_ids: Sequence[str]
    public_ip: bool
    https: bool
    listener_arn: str | None = None


class ExistingNetwork(pulumi.ComponentResource):
    """The same outputs as a network of the stack's own; nothing of the VPC and its subnets is changed.

    Outputs: vpc_id, public_subnet_ids, task_subnet_ids, database_subnet_ids, public_ip, firewall.
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    task_subnet_ids: list[pulumi.Output[str]]
    database_subnet_ids: list[pulumi.Output[str]]
    public_ip: bool
    firewall: Firewall

    def __init__(self, name: str, args: ExistingNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:ExistingNetwork", name, None, opts)
        self.vpc_id = pulumi.Output.from_input(args.vpc_id)
        self.public_subnet_ids = [pulumi.Output.from_input(subnet) for subnet in args.public_subnet_ids]
        self.task_subnet_ids = [pulumi.Output.from_input(subnet) for subnet in args.task_subnet_ids]
        self.database_subnet_ids = [pulumi.Output.from_input(subnet) for subnet in args.database_subnet_ids]
        self.public_ip = args.public_ip
        group = None
        if args.listener_arn is not None:
            asked, arn = pulumi.InvokeOptions(parent=self), load_balancer_arn(args.listener_arn)
            # Any one of its groups is enough: the load balancer's addresses are in all of them.
            group = aws.lb.get_load_balancer_output(arn=arn, opts=asked).security_groups[0]
        firewall = FirewallArgs(self.vpc_id, args.https, load_balancer=group)
        self.firewall = Firewall(name, firewall, pulumi.ResourceOptions(parent=self))
        self.register_outputs({"vpcId": self.vpc_id, "taskSubnetIds": self.task_subnet_ids})
