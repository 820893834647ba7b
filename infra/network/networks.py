"""Which network a stack is in: one of its own, or the existing one that its settings name."""

from __future__ import annotations

import pulumi

from infra.network.existing_network import ExistingNetwork, ExistingNetworkArgs
from infra.network.network import Network, NetworkArgs
from infra.settings.settings import Settings


def network_of(name: str, stack: Settings, opts: pulumi.ResourceOptions) -> Network | ExistingNetwork:
    """The network of a stack, with the security groups of its own."""
    chosen, https = stack.network, stack.domain.name is not None
    if chosen.vpc is None:
        return Network(
            name,
            NetworkArgs(
                cidr=chosen.cidr,
                zones=chosen.zones,
                egress=chosen.egress_in(stack.environment),
                region=stack.aws.region,
                endpoints=chosen.endpoints,
                https=https,
            ),
            opts,
        )
    return ExistingNetwork(
        name,
        ExistingNetworkArgs(
            vpc_id=chosen.vpc,
            public_subnet_ids=chosen.public_subnets or [],
            task_subnet_ids=chosen.task_subnets or [],
            database_subnet_ids=chosen.database_subnets or [],
            public_ip=bool(chosen.assign_public_ip),
            https=https,
            listener_arn=stack.load_balancer.listener,
        ),
        opts,
    )
