"""The PostgreSQL database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

PORT = 5432
LOGS = ("postgresql", "upgrade")
CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1"
"""Issues the server's certificate; RDS's bundles of every Region contain it ("Using SSL/TLS to encrypt a connection to
a DB instance or cluster" in the Amazon RDS user guide)."""
INSIGHTS_DAYS = 7
"""Days of Performance Insights that are free of charge."""


@dataclass(frozen=True)
class DatabaseArgs:
    """Inputs of Database.

    Attributes:
        version: a major version (minor updates are then automatic) or a minor one.
        major: its first number.
        upgrade: whether the major version may differ from the live instance's.
        database: name of the first database.
        storage: GiB.
        max_storage: GiB up to which it grows automatically; None: it does not grow.
        backup_days: 0 to 35; 0 disables backups.
        backup_window, maintenance_window: in RDS's notation.
        log_days: retention of PostgreSQL's log in CloudWatch Logs; 0: the log is not exported.
        protected: whether the data must outlive the stack.
        subnet_ids: in at least two zones.
        kms_key: ARN of the key that encrypts storage, secret and insights; None: AWS's own.
    """

    version: str
    major: str
    upgrade: bool
    database: str
    username: str
    instance_class: str
    storage: int
    max_storage: int | None
    multi_az: bool
    backup_days: int
    backup_window: str
    maintenance_window: str
    performance_insights: bool
    log_days: int
    protected: bool
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    kms_key: str | None = None


class Database(pulumi.ComponentResource):
    """An RDS for PostgreSQL instance that requires TLS and manages its own master password.

    The password is in Secrets Manager only, never in this program or its state.

    Outputs: address (host name), port, database (name), identifier (the instance's name in RDS), identity (RDS's
    resource id, which changes when the instance is recreated or restored), secret_arn (JSON with `username` and
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
        parameters = aws.rds.ParameterGroup(
            name,
            family=f"postgres{args.major}",
            description="TLS is required",
            parameters=[
                # The default of PostgreSQL 15 and later; set explicitly because the access model depends on it. RDS
                # reports pending-reboot for a value that equals the default: with `immediate`, every `pulumi up` and
                # every drift check would find a change. A new instance has the value from its first start.
                {"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"},
                # Logs which session waits for whose lock: the first question about a migration that hangs.
                {"name": "log_lock_waits", "value": "1", "apply_method": "immediate"},
            ],
            opts=child,
        )
        # RDS would create the log groups with no retention, so they are created first, under the names that RDS uses.
        identifier = f"{name}-database"
        logs = [
            aws.cloudwatch.LogGroup(
                f"{name}-database-{log}",
                name=f"/aws/rds/instance/{identifier}/{log}",
                retention_in_days=args.log_days,
                opts=child,
            )
            for log in LOGS
            if args.log_days
        ]
        instance = aws.rds.Instance(
            name,
            identifier=identifier,
            engine="postgres",
            engine_version=args.version,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=args.upgrade,
            # Otherwise AWS enrols the instance in paid extended support when the version's community support ends.
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            instance_class=args.instance_class,
            allocated_storage=args.storage,
            max_allocated_storage=args.max_storage,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=args.kms_key,
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
            backup_window=args.backup_window,
            maintenance_window=args.maintenance_window,
            performance_insights_enabled=args.performance_insights,
            performance_insights_retention_period=INSIGHTS_DAYS if args.performance_insights else None,
            enabled_cloudwatch_logs_exports=list(LOGS) if args.log_days else [],
            ca_cert_identifier=CERTIFICATE_AUTHORITY,
            copy_tags_to_snapshot=True,
            # Apply changes immediately: a change that waits for the maintenance window looks like drift.
            apply_immediately=True,
            deletion_protection=args.protected,
            skip_final_snapshot=not args.protected,
            # The subnet group's name has a random suffix that changes when the stack is recreated, so a second
            # destroy does not fail because the first one's final snapshot has the name.
            final_snapshot_identifier=pulumi.Output.concat(subnets.name, "-final") if args.protected else None,
            delete_automated_backups=not args.protected,
            # Identifiers are unique, so it is deleted before it is replaced. A protected instance refuses that before
            # the service is moved to an empty one.
            opts=pulumi.ResourceOptions(parent=self, depends_on=logs, delete_before_replace=True),
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
