"""Security groups and their rules (botocore service ``ec2``; Pulumi files the rules under ``vpc``)."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import LOCAL, OMIT, REPLACE, Members, Name, Operation, Property
from emulator.plugins.aws.session import AwsError

_IN_USE = ("DependencyViolation",)  # while addresses and interfaces are being released
MANAGED = "Managed by Pulumi"

# -- security group

_ALL_OUTWARD = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _no_default_egress(request: ResourceRequest) -> None:
    """AWS lets everything out of a new group; the official provider takes that away, so that rules say all there is."""
    try:
        request.ask("revoke_security_group_egress", GroupId=request.id, IpPermissions=[_ALL_OUTWARD])
    except AwsError as error:
        if error.code != "InvalidPermission.NotFound":
            raise


def _revoke_all(request: ResourceRequest) -> None:
    if not request.flat.get("revokeRulesOnDelete") or not request.observe():
        return
    for method, member in (
        ("revoke_security_group_ingress", "IpPermissions"), ("revoke_security_group_egress", "IpPermissionsEgress"),
    ):  # fmt: skip
        if request.item.get(member):
            request.ask(method, GroupId=request.id, IpPermissions=request.item[member])


SECURITY_GROUP = Entry(
    "aws:ec2/securityGroup:SecurityGroup", "ec2",
    create=Operation("create_security_group"),
    read=Operation("describe_security_groups", {"GroupIds": ["$id"]}), item="SecurityGroups[0]", id="GroupId",
    delete=Operation("delete_security_group", {"GroupId": "$id"}, retry=_IN_USE),
    properties={
        "name": Property("GroupName", replace=True),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "description": Property("Description", replace=True, default=MANAGED),
        "vpcId": REPLACE,
        "revokeRulesOnDelete": LOCAL,
    },
    outputs={"arn": "arn:aws:ec2:{region}:{account}:security-group/{id}", "ownerId": "OwnerId"},
    name=Name(),
    hooks=Hooks(created=_no_default_egress, deleting=_revoke_all),
    gone=("InvalidGroup.NotFound", "InvalidGroupId.Malformed"),
)  # fmt: skip

# -- security group rules

_PEERS = {
    "cidrIpv4": "IpRanges", "cidrIpv6": "Ipv6Ranges", "referencedSecurityGroupId": "UserIdGroupPairs",
    "prefixListId": "PrefixListIds",
}  # fmt: skip


def _rule_description(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """A new rule's description belongs to its peer; ModifySecurityGroupRules has a member for it."""
    description = request.flat.get("description")
    if operation.method.startswith("authorize") and description:
        peer = next(member for name, member in _PEERS.items() if request.flat.get(name))
        params["IpPermissions"][0][peer][0]["Description"] = description


def _peer(member: str, modified: str, seen: str | None = None) -> Property:
    rule = "SecurityGroupRules[].SecurityGroupRule"
    return Property(f"IpPermissions[].{member}", changed=f"{rule}.{modified}", seen=seen or modified, unset=OMIT)


def _rule(token: str, direction: str) -> Entry:
    return Entry(
        token, "ec2",
        create=Operation(f"authorize_security_group_{direction}", {"GroupId": "$securityGroupId"}),
        read=Operation("describe_security_group_rules", {"SecurityGroupRuleIds": ["$id"]}),
        item="SecurityGroupRules[0]", id="SecurityGroupRules[0].SecurityGroupRuleId",
        update=Operation(
            "modify_security_group_rules",
            {"GroupId": "$securityGroupId", "SecurityGroupRules": [{"SecurityGroupRuleId": "$id"}]},
        ),
        delete=Operation(
            f"revoke_security_group_{direction}", {"GroupId": "$securityGroupId", "SecurityGroupRuleIds": ["$id"]}
        ),
        properties={
            "securityGroupId": Property("GroupId", replace=True),
            "ipProtocol": _peer("IpProtocol", "IpProtocol"),
            "fromPort": _peer("FromPort", "FromPort"),
            "toPort": _peer("ToPort", "ToPort"),
            "cidrIpv4": _peer("IpRanges[].CidrIp", "CidrIpv4"),
            "cidrIpv6": _peer("Ipv6Ranges[].CidrIpv6", "CidrIpv6"),
            "referencedSecurityGroupId": _peer(
                "UserIdGroupPairs[].GroupId", "ReferencedGroupId", "ReferencedGroupInfo.GroupId"
            ),
            "prefixListId": _peer("PrefixListIds[].PrefixListId", "PrefixListId"),
            "description": Property(
                hooked=True, changed="SecurityGroupRules[].SecurityGroupRule.Description", seen="Description", unset=""
            ),
        },
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:security-group-rule/{id}",
            "securityGroupRuleId": "SecurityGroupRuleId",
        },
        hooks=Hooks(prepare=_rule_description),
        gone=("InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidGroup.NotFound"),
    )  # fmt: skip


INGRESS_RULE = _rule("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "ingress")
EGRESS_RULE = _rule("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "egress")

ENTRIES = (SECURITY_GROUP, INGRESS_RULE, EGRESS_RULE)
