"""Who may talk to whom: security groups that name each other, never each other's addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from infra.ordering import after

ANYWHERE = "0.0.0.0/0"
HTTP, HTTPS, POSTGRESQL = 80, 443, 5432


class Ports(NamedTuple):
    """A range of ports, both ends included."""

    first: int
    last: int


ALL_PORTS = Ports(0, 65535)
"""Of the way from the load balancer to the tasks: while `app.port` changes, and after a rollback, tasks listen on
another port than the settings say, and must be reached (docs/decisions/0017)."""


@dataclass(frozen=True)
class FirewallArgs:
    """Inputs of Firewall.

    Attributes:
        vpc_id: where the groups are.
        https: whether the load balancer listens on 443 too.
        s3_prefix_list: of the addresses of S3, where private endpoints of AWS services are the tasks' only way out of
            the VPC; None: they may reach any address.
        load_balancer: an existing load balancer's group; None: the stack has its own.
    """

    vpc_id: pulumi.Input[str]
    https: bool = False
    s3_prefix_list: pulumi.Input[str] | None = None
    load_balancer: pulumi.Input[str] | None = None


@dataclass(frozen=True)
class Peer:
    """The other end of a rule: a group, a range of addresses, or a list of them."""

    group: pulumi.Input[str] | None = None
    cidr: str | None = None
    prefix_list: pulumi.Input[str] | None = None


class Firewall(pulumi.ComponentResource):
    """Internet → load balancer → service → database ← migration.

    Outputs: load_balancer, service, migration, database, endpoints (None where there are none): ids of security groups.
    Those of load balancer, service and migration are known only when their paths are open, so that nothing starts that
    cannot reach what it needs.
    """

    load_balancer: pulumi.Output[str]
    service: pulumi.Output[str]
    migration: pulumi.Output[str]
    database: pulumi.Output[str]
    endpoints: pulumi.Output[str] | None

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Firewall", name, None, opts)
        self._name, self._args, self._child = name, args, pulumi.ResourceOptions(parent=self)
        service = self._group("service", "Service tasks: reached by the load balancer only")
        migration = self._group("migration", "Migration tasks: reached by nobody")
        self.database = self._group("database", "Database: reached by service and migration tasks only")
        self.load_balancer, to_service = self._way_in(service)
        service_to_database = self._path("service-to-database", service, self.database, POSTGRESQL)
        migration_to_database = self._path("migration-to-database", migration, self.database, POSTGRESQL)
        self.endpoints, service_out, migration_out = self._ways_out(service, migration)
        self.service = after(service, *service_out, *to_service, *service_to_database)
        self.migration = after(migration, *migration_out, *migration_to_database)
        groups = {
            "loadBalancer": self.load_balancer,
            "service": self.service,
            "migration": self.migration,
            "database": self.database,
            "endpoints": self.endpoints,
        }
        self.register_outputs({role: group for role, group in groups.items() if group is not None})

    def _way_in(self, service: pulumi.Output[str]) -> tuple[pulumi.Output[str], list[pulumi.Output[str]]]:
        """The load balancer's group, and the rules that let it reach the service."""
        existing = self._args.load_balancer
        if existing is not None:  # what comes to it and what leaves it is its owner's to say
            admitted = self._in("load-balancer-to-service", service, ALL_PORTS, Peer(group=existing))
            return after(pulumi.Output.from_input(existing), admitted), [admitted]
        balancer = self._group("load-balancer", "Load balancer: the only one that the internet reaches")
        opened = [self._in("internet-to-load-balancer", balancer, HTTP, Peer(cidr=ANYWHERE))]
        if self._args.https:
            opened.append(self._in("internet-to-load-balancer-https", balancer, HTTPS, Peer(cidr=ANYWHERE)))
        to_service = self._path("load-balancer-to-service", balancer, service, ALL_PORTS)
        return after(balancer, *opened, *to_service), to_service

    def _ways_out(
        self, service: pulumi.Output[str], migration: pulumi.Output[str]
    ) -> tuple[pulumi.Output[str] | None, list[pulumi.Output[str]], list[pulumi.Output[str]]]:
        """The endpoints' group, where there are some, and the rules by which service and migrations leave the VPC.

        A task reaches ECR, S3, Secrets Manager and CloudWatch Logs over HTTPS from its own network interface. The
        service may also call whatever its code needs; a migration has no business anywhere else.
        """
        prefix_list = self._args.s3_prefix_list
        if prefix_list is None:
            anywhere = Peer(cidr=ANYWHERE)
            return (
                None,
                [self._out("service-to-anywhere", service, None, anywhere)],
                [self._out("migration-to-aws", migration, HTTPS, anywhere)],
            )
        endpoints = self._group("endpoints", "Private endpoints of AWS services: reached by tasks only")
        out = {
            role: [
                *self._path(f"{role}-to-endpoints", group, endpoints, HTTPS),
                self._out(f"{role}-to-s3", group, HTTPS, Peer(prefix_list=prefix_list)),
            ]
            for role, group in (("service", service), ("migration", migration))
        }
        return endpoints, out["service"], out["migration"]

    def _group(self, role: str, description: str) -> pulumi.Output[str]:
        name = f"{self._name}-{role}"
        return aws.ec2.SecurityGroup(
            name, vpc_id=self._args.vpc_id, description=description, tags={"Name": name}, opts=self._child
        ).id

    def _path(
        self, name: str, source: pulumi.Output[str], target: pulumi.Output[str], port: int | Ports
    ) -> list[pulumi.Output[str]]:
        """Lets one group's members open TCP connections to another's: out of the one, into the other."""
        return [self._out(name, source, port, Peer(group=target)), self._in(name, target, port, Peer(group=source))]

    def _in(self, name: str, group: pulumi.Output[str], port: int | Ports, source: Peer) -> pulumi.Output[str]:
        """Lets TCP connections in."""
        ports = _range(port)
        return aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{name}",
            security_group_id=group,
            referenced_security_group_id=source.group,
            cidr_ipv4=source.cidr,
            ip_protocol="tcp",
            from_port=ports.first,
            to_port=ports.last,
            description=name,
            opts=self._child,
        ).id

    def _out(self, name: str, group: pulumi.Output[str], port: int | Ports | None, target: Peer) -> pulumi.Output[str]:
        """Lets connections out: TCP on these ports, or any protocol and port."""
        ports = None if port is None else _range(port)
        return aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{name}",
            security_group_id=group,
            referenced_security_group_id=target.group,
            cidr_ipv4=target.cidr,
            prefix_list_id=target.prefix_list,
            ip_protocol="-1" if ports is None else "tcp",
            from_port=None if ports is None else ports.first,
            to_port=None if ports is None else ports.last,
            description=name,
            opts=self._child,
        ).id


def _range(port: int | Ports) -> Ports:
    return port if isinstance(port, Ports) else Ports(port, port)
