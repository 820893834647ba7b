"""The ECS cluster of migrations and service."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.settings.settings import Settings


class Cluster(pulumi.ComponentResource):
    """A cluster for Fargate tasks.

    Outputs: arn, name.

    Attributes:
        insights: `disabled`, `enabled` or `enhanced`, of Container Insights.
    """

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, insights: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Cluster", name, None, opts)
        cluster = aws.ecs.Cluster(
            name,
            # Set explicitly: the default depends on the account's settings (PutAccountSettingDefault).
            settings=[{"name": "containerInsights", "value": insights}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = cluster.arn
        self.name = cluster.name
        self.register_outputs({"arn": self.arn, "name": self.name})


@dataclass(frozen=True)
class ExistingCluster:
    """An existing cluster, with the same outputs."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]


def cluster_of(name: str, stack: Settings, opts: pulumi.ResourceOptions) -> Cluster | ExistingCluster:
    """Return the existing cluster that the settings name, else a cluster of the stack's own."""
    if stack.cluster.arn is None:
        return Cluster(name, stack.cluster.insights_in(stack.environment), opts)
    arn = pulumi.Output.from_input(stack.cluster.arn)
    return ExistingCluster(arn, arn.apply(lambda known: known.rpartition("/")[2]))
