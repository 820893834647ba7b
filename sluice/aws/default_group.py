"""Removes the rules of a VPC's default security group, so that a resource without its own group has no access.

AWS creates the group with the VPC, without tags and with rules that let its members reach each other and everything
else; it cannot be deleted ("Default security groups for your VPCs" in the Amazon VPC user guide).

IAM: ec2:DescribeSecurityGroups; ec2:RevokeSecurityGroupIngress and ec2:RevokeSecurityGroupEgress on a group without the
stack's tags, because AWS gives it none and CreateTags on it would let a deployer claim anybody's group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sluice.errors import GateError


@dataclass(frozen=True)
class SecurityGroup:
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
        """The number of rules."""
        return len(self.ingress) + len(self.egress)


def find(ec2: Any, vpc: str) -> SecurityGroup | None:
    """Return the default group of a VPC; None where the VPC does not exist."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    for found in ec2.describe_security_groups(Filters=filters)["SecurityGroups"]:
        return SecurityGroup(
            str(found["GroupId"]),
            tuple(found.get("IpPermissions") or ()),
            tuple(found.get("IpPermissionsEgress") or ()),
        )
    return None


def close(ec2: Any, vpc: str) -> SecurityGroup:
    """Remove all its rules. Idempotent. Raises GateError where the group does not exist."""
    group = find(ec2, vpc)
    if group is None:
        raise GateError(
            f"{vpc} has no default security group: the VPC does not exist in this account and Region. Fix: check "
            "the account and Region of the stack"
        )
    if group.ingress:
        ec2.revoke_security_group_ingress(GroupId=group.id, IpPermissions=list(group.ingress))
    if group.egress:
        ec2.revoke_security_group_egress(GroupId=group.id, IpPermissions=list(group.egress))
    return SecurityGroup(group.id, (), ())
