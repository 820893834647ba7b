"""How tasks in private subnets get out of the VPC: by NAT gateways, or to private endpoints of AWS services only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.network.firewall import ANYWHERE
from infra.policies import AccountRegion, document
from infra.settings.network import NEEDED_ENDPOINTS


@dataclass(frozen=True)
class NatArgs:
    """Inputs of Nat.

    Attributes:
        public_subnet_ids: one gateway is in each.
        route_table_ids: of the private subnets, in the order of their zones; those beyond the last gateway use it.
    """

    public_subnet_ids: Sequence[pulumi.Input[str]]
    route_table_ids: Sequence[pulumi.Input[str]]


class Nat(pulumi.ComponentResource):
    """NAT gateways, each with an address of its own, and the routes to them.

    Outputs: route_ids, in the order of the route tables.
    """

    route_ids: list[pulumi.Output[str]]

    def __init__(self, name: str, args: NatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Nat", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        gateways = []
        for number, subnet in enumerate(args.public_subnet_ids, start=1):
            tags = {"Name": f"{name}-nat-{number}"}
            address = aws.ec2.Eip(f"{name}-nat-{number}", domain="vpc", tags=tags, opts=child)
            gateways.append(
                aws.ec2.NatGateway(
                    f"{name}-nat-{number}",
                    subnet_id=subnet,
                    allocation_id=address.id,
                    connectivity_type="public",
                    tags=tags,
                    opts=child,
                )
            )
        self.route_ids = [
            aws.ec2.Route(
                f"{name}-nat-{number}",
                route_table_id=table,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=gateways[min(number, len(gateways)) - 1].id,
                opts=child,
            ).id
            for number, table in enumerate(args.route_table_ids, start=1)
        ]
        self.register_outputs({"routeIds": self.route_ids})


def s3_endpoint(
    name: str,
    vpc_id: pulumi.Input[str],
    region: str,
    route_table_ids: Sequence[pulumi.Input[str]],
    policy: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> aws.ec2.VpcEndpoint:
    """S3's gateway endpoint, which costs nothing: image layers come through it, past any NAT gateway. policy: who may
    use it for what; None where the internet is reached anyway."""
    return aws.ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=vpc_id,
        service_name=f"com.amazonaws.{region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=list(route_table_ids),
        policy=policy,
        tags={"Name": f"{name}-s3"},
        opts=opts,
    )


def own_account(account: AccountRegion) -> str:
    """Lets the account's own roles use an endpoint: credentials of another account, which somebody smuggled in, carry
    nothing out ("Control access to VPC endpoints using endpoint policies" in the AWS PrivateLink guide)."""
    return document(_own(account))


def own_account_and_layers(account: AccountRegion) -> str:
    """The same for S3; and the layers of images, which ECR hands out by addresses that it signed itself ("Amazon ECR
    interface VPC endpoints" in the Amazon ECR user guide)."""
    layers = {
        "Sid": "Layers",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:{account.partition}:s3:::prod-{account.region}-starport-layer-bucket/*",
    }
    return document(_own(account), layers)


def _own(account: AccountRegion) -> dict[str, Any]:
    return {
        "Sid": "OwnAccount",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": account.id}},
    }


@dataclass(frozen=True)
class EndpointsArgs:
    """Inputs of Endpoints.

    Attributes:
        services: as in the endpoints' names, like `ecr.api`.
        subnet_ids: one per zone.
        security_group_id: that admits the tasks on 443.
        policy: of the endpoints that every task needs; those of further services have AWS's own, as not every service
            supports policies.
    """

    vpc_id: pulumi.Input[str]
    region: str
    services: Sequence[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    policy: pulumi.Input[str]


class Endpoints(pulumi.ComponentResource):
    """Interface endpoints: the services' ordinary host names lead to addresses inside the VPC.

    Outputs: ids.
    """

    ids: list[pulumi.Output[str]]

    def __init__(self, name: str, args: EndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Endpoints", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.ids = []
        for service in args.services:
            short = f"{name}-{service.replace('.', '-')}"
            endpoint = aws.ec2.VpcEndpoint(
                short,
                vpc_id=args.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=list(args.subnet_ids),
                security_group_ids=[args.security_group_id],
                private_dns_enabled=True,
                policy=args.policy if service in NEEDED_ENDPOINTS else None,
                tags={"Name": short},
                opts=child,
            )
            self.ids.append(endpoint.id)
        self.register_outputs({"ids": self.ids})
