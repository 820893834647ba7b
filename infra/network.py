"""The stack's own VPC: public subnets for load balancer and tasks, isolated ones for the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.firewall import ANYWHERE, Firewall, FirewallArgs
from infra.ordering import after
from infra.subnets import ranges


@dataclass(frozen=True)
class NetworkArgs:
    """cidr: IPv4 range of the VPC. zones: how many availability zones to use. app_port: where the service listens."""

    cidr: str
    zones: int
    app_port: int


@dataclass(frozen=True)
class Tier:
    """Subnets of one purpose, one per zone, and the route table they share."""

    subnet_ids: list[pulumi.Output[str]]
    routes: aws.ec2.RouteTable


class Network(pulumi.ComponentResource):
    """A VPC over several availability zones.

    The tasks live in the public subnets with a public address each, which is their way to ECR and Secrets Manager; the
    firewall lets nobody but the load balancer in. The database subnets have no route out of the VPC.

    Outputs: vpc_id, public_subnet_ids, database_subnet_ids, firewall (its four security groups).
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    database_subnet_ids: list[pulumi.Output[str]]
    firewall: Firewall

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Network", name, None, opts)
        self._name, self._child = name, pulumi.ResourceOptions(parent=self)
        # Both DNS switches are needed: tasks find the database, and later AWS' private endpoints, by name.
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=self._child,
        )
        gateway = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags={"Name": name}, opts=self._child)
        zones = self._zones(args.zones)
        divided = ranges(args.cidr, args.zones)
        public = self._tier("public", vpc, zones, divided.public)
        database = self._tier("database", vpc, zones, divided.database)
        way_out = aws.ec2.Route(
            f"{name}-internet",
            route_table_id=public.routes.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        self.vpc_id = vpc.id
        # A subnet is public only once its route exists: whoever starts something in it has to wait for that.
        self.public_subnet_ids = [after(subnet, way_out.id) for subnet in public.subnet_ids]
        self.database_subnet_ids = database.subnet_ids
        self.firewall = Firewall(name, FirewallArgs(vpc.id, args.app_port), self._child)
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "databaseSubnetIds": self.database_subnet_ids,
            }
        )

    def _zones(self, count: int) -> list[pulumi.Output[str]]:
        """The first availability zones of the Region that need no opting in (local zones have no RDS or Fargate)."""
        available = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOptions(parent=self),
        )
        names = available.names.apply(lambda names: first(count, names))
        return [names[index] for index in range(count)]

    def _tier(self, tier: str, vpc: aws.ec2.Vpc, zones: Sequence[pulumi.Output[str]], cidrs: Sequence[str]) -> Tier:
        """One subnet per zone, with a route table of their own that leads nowhere yet."""
        name = f"{self._name}-{tier}"
        table = aws.ec2.RouteTable(name, vpc_id=vpc.id, tags={"Name": name}, opts=self._child)
        subnet_ids = []
        for number, (zone, cidr) in enumerate(zip(zones, cidrs, strict=True), start=1):
            subnet = aws.ec2.Subnet(
                f"{name}-{number}",
                vpc_id=vpc.id,
                cidr_block=cidr,
                availability_zone=zone,
                map_public_ip_on_launch=False,
                tags={"Name": f"{name}-{number}"},
                # A zone that is impaired today disappears from the list of zones; no subnet is moved for that.
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["availabilityZone"]),
            )
            association = aws.ec2.RouteTableAssociation(
                f"{name}-{number}", subnet_id=subnet.id, route_table_id=table.id, opts=self._child
            )
            subnet_ids.append(after(subnet.id, association.id))
        return Tier(subnet_ids, table)


def first(count: int, names: Sequence[str]) -> list[str]:
    """The first zones by name, so that a Region's new zones change nothing; too few are refused."""
    if len(names) < count:
        raise pulumi.RunError(
            f"network.zones = {count}: the Region has only {len(names)} availability zones; write at most {len(names)}"
        )
    return sorted(names)[:count]
