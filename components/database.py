"""The PostgreSQL database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

PORT = 5432


@dataclass(frozen=True)
class DatabaseArgs:
    """version: a major version (minor updates then come by themselves) or a minor one. major: its first number.
    database: name of the first database. storage: GiB. backup_days: 0 to 35, 0 switches backups off. protected: whether
    the data must outlive the stack. subnet_ids: in at least two zones."""

    version: str
    major: str
    database: str
    username: str
    instance_class: str
    storage: int
    multi_az: bool
    backup_days: int
    protected: bool
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]


class Database(pulumi.ComponentResource):
    """An RDS for PostgreSQL instance that only speaks TLS and manages its own master password.

    The password exists in Secrets Manager alone: neither this program nor its state ever holds it.

    Outputs: address (host name), port, database (name), identifier (the instance's name in RDS), identity (RDS' own
    id of this very instance: another one after a re-creation or a restore), secret_arn (JSON with `username` and
    `password`).
    """

    address: pulumi.Output[str]
    port: pulumi.Output[int]
    database: pulumi.Output[str]
    identifier: pulumi.Output[str]
    identity: pulumi.Output[str]
    secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:Database", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        subnets = aws.rds.SubnetGroup(
            name, subnet_ids=list(args.subnet_ids), description="Isolated subnets of the database", opts=child
        )
        # The default of PostgreSQL 15 and later; said here because the whole access model rests on it. Dynamic
        # parameters can be applied at once.
        parameters = aws.rds.ParameterGroup(
            name,
            family=f"postgres{args.major}",
            description="TLS is required",
            parameters=[{"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"}],
            opts=child,
        )
        instance = aws.rds.Instance(
            name,
            engine="postgres",
            engine_version=args.version,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=False,
            # Otherwise AWS enrols the instance in paid extended support when the version's community support ends.
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            instance_class=args.instance_class,
            allocated_storage=args.storage,
            storage_type="gp3",
            storage_encrypted=True,
            db_name=args.database,
            username=args.username,
            manage_master_user_password=True,
            port=PORT,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[args.security_group_id],
            parameter_group_name=parameters.name,
            publicly_accessible=False,
            multi_az=args.multi_az,
            backup_retention_period=args.backup_days,
            copy_tags_to_snapshot=True,
            # A change that is asked for is made now: one that waits for the maintenance window looks like drift until
            # then.
            apply_immediately=True,
            deletion_protection=args.protected,
            skip_final_snapshot=not args.protected,
            final_snapshot_identifier=f"{name}-final" if args.protected else None,
            opts=child,
        )
        self.address = instance.address
        self.port = instance.port
        self.database = instance.db_name
        self.identifier = instance.identifier
        self.identity = instance.resource_id
        self.secret_arn = instance.master_user_secrets[0].secret_arn
        self.register_outputs(
            {
                "address": self.address,
                "port": self.port,
                "database": self.database,
                "identity": self.identity,
                "secretArn": self.secret_arn,
            }
        )
