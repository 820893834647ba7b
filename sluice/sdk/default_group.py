"""A VPC's default security group as a Pulumi resource."""

from __future__ import annotations

import pulumi

from sluice.sdk.definition import properties


class DefaultGroup(pulumi.CustomResource):
    """Removes all rules from the default security group of a VPC.

    Unlike ``aws.ec2.DefaultSecurityGroup`` it sets no tags: AWS creates the group without any, and a deployer that may
    tag it could claim the groups of others.

    Args:
        vpc: id of the VPC.

    Attributes:
        group: id of the group.
        rules: number of its rules: 0, or the number that a refresh found.
    """

    def __init__(self, name: str, *, vpc: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("gate:index:DefaultGroup", name, properties(DefaultGroup, locals(), ("group", "rules")), opts)
        self.group: pulumi.Output[str] = pulumi.get(self, "group")
        self.rules: pulumi.Output[int] = pulumi.get(self, "rules")
