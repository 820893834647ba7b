"""The ECS cluster that migrations and service share."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


class Cluster(pulumi.ComponentResource):
    """A cluster for Fargate tasks.

    Outputs: arn, name.
    """

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Cluster", name, None, opts)
        cluster = aws.ecs.Cluster(name, opts=pulumi.ResourceOptions(parent=self))
        self.arn = cluster.arn
        self.name = cluster.name
        self.register_outputs({"arn": self.arn, "name": self.name})


@dataclass(frozen=True)
class ExistingCluster:
    """A cluster that is there already; the same outputs."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]


def cluster_of(name: str, existing: str | None, opts: pulumi.ResourceOptions) -> Cluster | ExistingCluster:
    """The existing cluster of an ARN, or without one a cluster of the stack's own."""
    if existing is None:
        return Cluster(name, opts)
    arn = pulumi.Output.from_input(existing)
    return ExistingCluster(arn, arn.apply(lambda known: known.rpartition("/")[2]))
