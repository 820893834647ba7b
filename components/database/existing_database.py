"""An existing PostgreSQL database, which the stack does not manage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class ExistingDatabaseArgs:
    """Inputs of ExistingDatabase.

    Attributes:
        instance: its identifier in RDS.
        database: name of the database.
        secret: ARN of the master user's secret; None: RDS manages one.
        clients: security groups whose members connect, by the clients' names.
    """

    instance: str
    database: str
    secret: str | None
    clients: Mapping[str, pulumi.Input[str]]


class ExistingDatabase(pulumi.ComponentResource):
    """An existing RDS for PostgreSQL instance.

    The stack only adds rules for its tasks to the instance's first security group, and removes them with the stack.

    Outputs: those of Database; address and secret_arn are known only once the rules exist.
    """

    address: pulumi.Output[str]
    port: pulumi.Output[int]
    database: pulumi.Output[str]
    identifier: pulumi.Output[str]
    identity: pulumi.Output[str]
    secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ExistingDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:ExistingDatabase", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        found = aws.rds.get_instance_output(
            db_instance_identifier=args.instance, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        facts = found.apply(lambda instance: usable(vars(instance), args.secret))
        rules: list[pulumi.Output[str]] = []
        for client, group in args.clients.items():
            rules += [
                aws.vpc.SecurityGroupIngressRule(
                    f"{name}-{client}-into-database",
                    security_group_id=facts["group"],
                    referenced_security_group_id=group,
                    ip_protocol="tcp",
                    from_port=found.port,
                    to_port=found.port,
                    description=f"{name}: {client}",
                    opts=child,
                ).id,
                aws.vpc.SecurityGroupEgressRule(
                    f"{name}-{client}-to-database",
                    security_group_id=group,
                    referenced_security_group_id=facts["group"],
                    ip_protocol="tcp",
                    from_port=found.port,
                    to_port=found.port,
                    description=f"{client} to the existing database",
                    opts=child,
                ).id,
            ]
        ready = pulumi.Output.all(facts, *rules).apply(lambda known: dict(known[0]))
        self.address = ready.apply(lambda known: str(known["address"]))
        self.secret_arn = ready.apply(lambda known: str(known["secret"]))
        self.port = found.port
        self.database = pulumi.Output.from_input(args.database)
        self.identifier = pulumi.Output.from_input(args.instance)
        self.identity = found.resource_id
        self.register_outputs({"address": self.address, "identity": self.identity, "secretArn": self.secret_arn})


def usable(instance: Mapping[str, Any], secret: str | None) -> dict[str, str]:
    """Return address, security group and secret of an instance as RDS describes it; refuse an unusable one."""
    name, secrets = instance["db_instance_identifier"], instance["master_user_secrets"] or []
    if instance["engine"] != "postgres":
        raise pulumi.RunError(f"database.existing = {name}: is {instance['engine']}; only PostgreSQL is accepted")
    kept = secret or next((str(one["secret_arn"]) for one in secrets), None)
    if kept is None:
        raise pulumi.RunError(
            f"database.existing = {name}: RDS manages no secret of its master user; store user and password in AWS"
            " Secrets Manager as JSON (username, password) and set database.secret to its ARN"
        )
    groups = instance["vpc_security_groups"] or []
    if not groups:
        raise pulumi.RunError(f"database.existing = {name}: has no VPC security group that could let tasks in")
    return {"address": instance["address"], "group": groups[0], "secret": kept}
