"""A VPC's default security group, without rules: whatever is started without a group of its own reaches nobody.

AWS makes the group with the VPC, without tags and with rules that let its members reach each other and everything else;
it cannot be deleted ("Default security groups for your VPCs" in the Amazon VPC user guide).

IAM: ec2:DescribeSecurityGroups; ec2:RevokeSecurityGroupIngress and ec2:RevokeSecurityGroupEgress on a group without the
stack's tags, because AWS gives it none and CreateTags on it would let a deployer claim anybody's group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sluice.errors import GateError


@dataclass(frozen=True)
class DefaultGroup:
    """The default security group of a VPC.

    Attributes:
        id: of the group.
        ingress, egress: its rules, as DescribeSecurityGroups has them.
    """

    id: str
    ingress: tuple[Any, ...]
    egress: tuple[Any, ...]

    @property
    def rules(self) -> int:
        """Return how many there are."""
        return len(self.ingress) + len(self.egress)


def find(ec2: Any, vpc: str) -> DefaultGroup | None:
    """The default group of a VPC; None where there is no such VPC."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    for found in ec2.describe_security_groups(Filters=filters)["SecurityGroups"]:
        return DefaultGroup(
            str(found["GroupId"]),
            tuple(found.get("IpPermissions") or ()),
            tuple(found.get("IpPermissionsEgress") or ()),
        )
    return None


def close(ec2: Any, vpc: str) -> DefaultGroup:
    """Take all rules from it; bears repetition. Raises GateError where there is no such group."""
    group = find(ec2, vpc)
    if group is None:
        raise GateError(f"{vpc} has no default security group: is it there, and in this account and Region?")
    if group.ingress:
        ec2.revoke_security_group_ingress(GroupId=group.id, IpPermissions=list(group.ingress))
    if group.egress:
        ec2.revoke_security_group_egress(GroupId=group.id, IpPermissions=list(group.egress))
    return DefaultGroup(group.id, (), ())
