"""The tasks' log groups: one per kind of task, created before the first task, with a retention."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class LogsArgs:
    """Inputs of Logs.

    Attributes:
        path: prefix of the groups' names, `/sluice/PROJECT/STACK`.
        days: retention.
    """

    path: str
    days: int


class Logs(pulumi.ComponentResource):
    """The log groups of the migration and of the service.

    Outputs: migration, service (log groups; their `name` and `arn`).
    """

    migration: aws.cloudwatch.LogGroup
    service: aws.cloudwatch.LogGroup

    def __init__(self, name: str, args: LogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Logs", name, None, opts)
        self.migration = self._group(f"{name}-migration", f"{args.path}/migration", args.days)
        self.service = self._group(f"{name}-service", f"{args.path}/service", args.days)
        self.register_outputs({"migration": self.migration.name, "service": self.service.name})

    def _group(self, name: str, path: str, days: int) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            name, name=path, retention_in_days=days, opts=pulumi.ResourceOptions(parent=self)
        )
