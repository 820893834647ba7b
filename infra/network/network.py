"""The stack's own VPC: public subnets for the load balancer, private ones for tasks, isolated ones for the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.network.egress import (
    Endpoints,
    EndpointsArgs,
    Nat,
    NatArgs,
    own_account,
    own_account_and_layers,
    s3_endpoint,
)
from infra.network.firewall import ANYWHERE, Firewall, FirewallArgs
from infra.network.subnets import ranges
from infra.ordering import after
from infra.policies import AccountRegion
from infra.settings.network import NEEDED_ENDPOINTS, Egress
from sluice import sdk as gate


@dataclass(frozen=True)
class NetworkArgs:
    """Inputs of Network.

    Attributes:
        cidr: IPv4 range of the VPC.
        zones: number of availability zones.
        egress: how tasks get out of the VPC.
        region: of the stack.
        endpoints: further services with a private endpoint.
        https: whether the load balancer listens on 443.
    """

    cidr: str
    zones: int
    egress: Egress
    region: str
    endpoints: Sequence[str]
    https: bool


class Network(pulumi.ComponentResource):
    """A VPC over several availability zones.

    With egress `public` tasks live in the public subnets with a public address each, which is their way to ECR and
    Secrets Manager; else in private subnets, with a route table per zone. The firewall lets nobody but the load
    balancer in. The database subnets have no route out of the VPC.

    Outputs: vpc_id, public_subnet_ids, task_subnet_ids, database_subnet_ids, public_ip (whether tasks need a public
    address), firewall (its security groups).
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    task_subnet_ids: list[pulumi.Output[str]]
    database_subnet_ids: list[pulumi.Output[str]]
    public_ip: bool
    firewall: Firewall

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Network", name, None, opts)
        self._name, self._args, self._child = name, args, pulumi.ResourceOptions(parent=self)
        # Both DNS switches are needed: tasks find the database, and AWS' private endpoints, by name.
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=self._child,
        )
        self.vpc_id = vpc.id
        # Nothing here is in it; what somebody starts without a group of its own reaches nobody, and nobody reaches it.
        gate.DefaultGroup(name, vpc=vpc.id, opts=self._child)
        gateway = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags={"Name": name}, opts=self._child)
        zones = self._zones(args.zones)
        divided = ranges(args.cidr, args.zones)
        public_routes = self._routes("public")
        way_out = aws.ec2.Route(
            f"{name}-internet",
            route_table_id=public_routes,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        public = self._subnets("public", zones, divided.public, [public_routes] * args.zones)
        # A subnet is public only once its route exists: whoever starts something in it has to wait for that.
        self.public_subnet_ids = [after(subnet, way_out.id) for subnet in public]
        self.database_subnet_ids = self._subnets(
            "database", zones, divided.database, [self._routes("database")] * args.zones
        )
        self.public_ip = args.egress == "public"
        if self.public_ip:
            self.firewall = self._firewall()
            self.task_subnet_ids = self.public_subnet_ids
        else:
            self.task_subnet_ids = self._private(zones, divided.tasks)
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "taskSubnetIds": self.task_subnet_ids,
                "databaseSubnetIds": self.database_subnet_ids,
            }
        )

    def _private(self, zones: Sequence[pulumi.Output[str]], cidrs: Sequence[str]) -> list[pulumi.Output[str]]:
        """The tasks' subnets, each known only when its way out is there; and the firewall, which depends on that."""
        args, name = self._args, self._name
        tables = [self._routes(f"tasks-{number}") for number in range(1, args.zones + 1)]
        subnets = self._subnets("tasks", zones, cidrs, tables)
        closed = args.egress == "endpoints"
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
        account = caller.arn.apply(lambda arn: AccountRegion.of(arn, args.region))
        layers = account.apply(own_account_and_layers) if closed else None
        s3 = s3_endpoint(name, self.vpc_id, args.region, tables, layers, self._child)
        self.firewall = self._firewall(s3.prefix_list_id if closed else None)
        if self.firewall.endpoints is not None:
            services = [*NEEDED_ENDPOINTS, *args.endpoints]
            own = account.apply(own_account)
            private = EndpointsArgs(self.vpc_id, args.region, services, subnets, self.firewall.endpoints, own)
            ways = Endpoints(name, private, self._child).ids
            return [after(subnet, s3.id, *ways) for subnet in subnets]
        gateways = args.zones if args.egress == "natPerZone" else 1
        routes = Nat(name, NatArgs(self.public_subnet_ids[:gateways], tables), self._child).route_ids
        return [after(subnet, s3.id, route) for subnet, route in zip(subnets, routes, strict=True)]

    def _firewall(self, s3_prefix_list: pulumi.Input[str] | None = None) -> Firewall:
        args = FirewallArgs(self.vpc_id, self._args.https, s3_prefix_list)
        return Firewall(self._name, args, self._child)

    def _zones(self, count: int) -> list[pulumi.Output[str]]:
        """The first availability zones of the Region that need no opting in (local zones have no RDS or Fargate)."""
        available = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOptions(parent=self),
        )
        names = available.names.apply(lambda names: first(count, names))
        return [names[index] for index in range(count)]

    def _routes(self, purpose: str) -> pulumi.Output[str]:
        """A route table that leads nowhere yet."""
        name = f"{self._name}-{purpose}"
        return aws.ec2.RouteTable(name, vpc_id=self.vpc_id, tags={"Name": name}, opts=self._child).id

    def _subnets(
        self,
        tier: str,
        zones: Sequence[pulumi.Output[str]],
        cidrs: Sequence[str],
        route_table_ids: Sequence[pulumi.Output[str]],
    ) -> list[pulumi.Output[str]]:
        """One subnet per zone, each known only when its route table is the one that is given."""
        subnet_ids = []
        for number, (zone, cidr, table) in enumerate(zip(zones, cidrs, route_table_ids, strict=True), start=1):
            name = f"{self._name}-{tier}-{number}"
            subnet = aws.ec2.Subnet(
                name,
                vpc_id=self.vpc_id,
                cidr_block=cidr,
                availability_zone=zone,
                map_public_ip_on_launch=False,
                tags={"Name": name},
                # A zone that is impaired today disappears from the list of zones; no subnet is moved for that.
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["availabilityZone"]),
            )
            association = aws.ec2.RouteTableAssociation(
                name, subnet_id=subnet.id, route_table_id=table, opts=self._child
            )
            subnet_ids.append(after(subnet.id, association.id))
        return subnet_ids


def first(count: int, names: Sequence[str]) -> list[str]:
    """The first zones by name, so that a Region's new zones change nothing; too few are refused."""
    if len(names) < count:
        raise pulumi.RunError(
            f"network.zones = {count}: the Region has only {len(names)} availability zones; write at most {len(names)}"
        )
    return sorted(names)[:count]
