"""Who may talk to whom: security groups that name each other, never each other's addresses."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.ordering import after

ANYWHERE = "0.0.0.0/0"
HTTP, HTTPS, POSTGRESQL = 80, 443, 5432


@dataclass(frozen=True)
class FirewallArgs:
    """vpc_id: where the groups are. app_port: where the service's container listens."""

    vpc_id: pulumi.Input[str]
    app_port: int


class Firewall(pulumi.ComponentResource):
    """Internet → load balancer → service → database ← migration.

    Outputs: load_balancer, service, migration, database (ids of security groups). Those of load balancer, service and
    migration are known only when their paths are open, so that nothing starts that cannot reach what it needs.
    """

    load_balancer: pulumi.Output[str]
    service: pulumi.Output[str]
    migration: pulumi.Output[str]
    database: pulumi.Output[str]

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Firewall", name, None, opts)
        self._name, self._vpc_id, self._child = name, args.vpc_id, pulumi.ResourceOptions(parent=self)
        balancer = self._group("load-balancer", "Load balancer: the only one that the internet reaches")
        service = self._group("service", "Service tasks: reached by the load balancer only")
        migration = self._group("migration", "Migration tasks: reached by nobody")
        database = self._group("database", "Database: reached by service and migration tasks only")

        from_internet = self._in("internet-to-load-balancer", balancer, HTTP, source=None)
        to_service = self._path("load-balancer-to-service", balancer, service, args.app_port)
        service_to_database = self._path("service-to-database", service, database, POSTGRESQL)
        migration_to_database = self._path("migration-to-database", migration, database, POSTGRESQL)
        # A task reaches ECR, Secrets Manager and CloudWatch Logs over HTTPS from its own network interface. The service
        # may also call whatever its code needs; a migration has no business anywhere else.
        migration_to_aws = self._out("migration-to-aws", migration, HTTPS, target=None)
        service_to_anywhere = self._out("service-to-anywhere", service, None, target=None)

        self.load_balancer = after(balancer.id, from_internet, *to_service)
        self.service = after(service.id, service_to_anywhere, *to_service, *service_to_database)
        self.migration = after(migration.id, migration_to_aws, *migration_to_database)
        self.database = database.id
        self.register_outputs(
            {
                "loadBalancer": self.load_balancer,
                "service": self.service,
                "migration": self.migration,
                "database": self.database,
            }
        )

    def _group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        name = f"{self._name}-{role}"
        return aws.ec2.SecurityGroup(
            name, vpc_id=self._vpc_id, description=description, tags={"Name": name}, opts=self._child
        )

    def _path(
        self, name: str, source: aws.ec2.SecurityGroup, target: aws.ec2.SecurityGroup, port: int
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Lets one group's members open TCP connections to another's on one port: out of the one, into the other."""
        return self._out(name, source, port, target), self._in(name, target, port, source)

    def _in(
        self, name: str, group: aws.ec2.SecurityGroup, port: int, source: aws.ec2.SecurityGroup | None
    ) -> pulumi.Output[str]:
        """Lets TCP connections in on one port: from another group, or from anywhere."""
        return aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{name}",
            security_group_id=group.id,
            referenced_security_group_id=source.id if source else None,
            cidr_ipv4=None if source else ANYWHERE,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=name,
            opts=self._child,
        ).id

    def _out(
        self, name: str, group: aws.ec2.SecurityGroup, port: int | None, target: aws.ec2.SecurityGroup | None
    ) -> pulumi.Output[str]:
        """Lets connections out: to another group, or to anywhere; TCP on one port, or any protocol and port."""
        return aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{name}",
            security_group_id=group.id,
            referenced_security_group_id=target.id if target else None,
            cidr_ipv4=None if target else ANYWHERE,
            ip_protocol="-1" if port is None else "tcp",
            from_port=port,
            to_port=port,
            description=name,
            opts=self._child,
        ).id
