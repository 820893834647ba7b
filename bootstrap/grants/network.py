"""The stack's own VPC, or its part of an existing one."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement

KINDS = ("elastic-ip", "internet-gateway", "natgateway", "route-table", "security-group", "security-group-rule",
         "subnet", "vpc", "vpc-endpoint", "vpc-flow-log")  # fmt: skip
"""Kinds of EC2 resources that a stack creates; each is tagged on creation."""

CREATES = ("AllocateAddress", "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateFlowLogs",
           "CreateInternetGateway", "CreateNatGateway", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet",
           "CreateVpc", "CreateVpcEndpoint")  # fmt: skip

CHANGES = ("AssociateRouteTable", "AttachInternetGateway", "CreateRoute", "DeleteFlowLogs", "DeleteInternetGateway",
           "DeleteNatGateway", "DeleteRoute", "DeleteRouteTable", "DeleteSecurityGroup", "DeleteSubnet", "DeleteVpc",
           "DeleteVpcEndpoints", "DetachInternetGateway", "DisassociateAddress", "DisassociateRouteTable",
           "ModifySecurityGroupRules", "ModifySubnetAttribute", "ModifyVpcAttribute", "ModifyVpcEndpoint",
           "ReleaseAddress", "ReplaceRoute", "ReplaceRouteTableAssociation", "RevokeSecurityGroupEgress",
           "RevokeSecurityGroupIngress")  # fmt: skip


def network(scope: Scope) -> list[IamStatement]:
    """For the deploy role. Ids of EC2 resources cannot be predicted: the stack's tags tell whose they are."""
    everything = [scope.arn("ec2", f"{kind}/*") for kind in KINDS]
    vpcs, groups = scope.used("ec2", "vpc/"), scope.used("ec2", "security-group/")
    return [
        IamStatement("CreateTagged", [f"ec2:{one}" for one in CREATES], everything, scope.new),
        IamStatement("ChangeOwn", [f"ec2:{one}" for one in (*CREATES, *CHANGES)], everything, scope.own),
        IamStatement(
            "Tag",
            ["ec2:CreateTags"],
            everything,
            {"StringEquals": {"ec2:CreateAction": list(CREATES)}},
        ),
        IamStatement("TagOwn", ["ec2:CreateTags", "ec2:DeleteTags"], everything, scope.own),
        # An endpoint with a private name creates a zone that AWS owns ("CreateVpcEndpoint").
        IamStatement(
            "PrivateNames",
            ["route53:AssociateVPCWithHostedZone"],
            [f"arn:{scope.account.partition}:route53:::hostedzone/*"],
            why="AWS makes the zone, with an id that nobody knows before",
        ),
        *([IamStatement("ExistingVpc", ["ec2:CreateSecurityGroup"], vpcs)] if vpcs else []),
        # An existing database's security group has none of the stack's tags. Only the group itself is granted: the
        # rules that are added to it carry the stack's tags, and "CreateTagged" and "ChangeOwn" above decide on them.
        # RevokeSecurityGroupIngress is decided on the group alone, so it reaches the owner's rules in it too.
        *(
            [
                IamStatement(
                    "ExistingSecurityGroup",
                    [
                        "ec2:AuthorizeSecurityGroupIngress",
                        "ec2:ModifySecurityGroupRules",
                        "ec2:RevokeSecurityGroupIngress",
                    ],
                    groups,
                )
            ]
            if groups
            else []
        ),
    ]
