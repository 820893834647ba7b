"""The ECS cluster that migrations and service share."""

from __future__ import annotations

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
