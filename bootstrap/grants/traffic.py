"""Load balancer, certificate and DNS records."""

from __future__ import annotations

from typing import Any

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement


def traffic(scope: Scope) -> list[IamStatement]:
    """For the deploy role."""
    return [*balancing(scope), *names(scope)]


def balancing(scope: Scope) -> list[IamStatement]:
    """Load balancer, listeners, rules and target groups."""
    short = scope.balancer
    listeners = scope.used("elasticloadbalancing", "listener/app/")
    rules = [arn.replace(":listener/", ":listener-rule/") + "/*" for arn in listeners]
    return [
        IamStatement(
            "Balance",
            [f"elasticloadbalancing:{one}" for one in (
                "AddTags", "CreateListener", "CreateLoadBalancer", "CreateRule", "CreateTargetGroup", "DeleteListener",
                "DeleteLoadBalancer", "DeleteRule", "DeleteTargetGroup", "ModifyListener", "ModifyListenerAttributes",
                "ModifyLoadBalancerAttributes", "ModifyRule", "ModifyTargetGroup", "ModifyTargetGroupAttributes",
                "RemoveTags", "SetIpAddressType", "SetRulePriorities", "SetSecurityGroups", "SetSubnets",
                "AddListenerCertificates", "RemoveListenerCertificates")],
            [
                *(
                    scope.arn("elasticloadbalancing", f"{kind}{short}-*")
                    for kind in ("loadbalancer/app/", "listener/app/", "listener-rule/app/")
                ),
                *scope.target_groups,
            ],
        ),
        *(
            [IamStatement(
                "ExistingListener",
                [f"elasticloadbalancing:{one}" for one in ("AddTags", "CreateRule", "DeleteRule", "ModifyRule",
                                                           "RemoveTags", "SetRulePriorities")],
                [*listeners, *rules],
            )]
            if listeners else []
        ),
    ]  # fmt: skip


def names(scope: Scope) -> list[IamStatement]:
    """Certificate and DNS records."""
    certificates = [scope.arn("acm", "certificate/*")]
    zones = [f"arn:{scope.account.partition}:route53:::hostedzone/{zone}" for zone in scope.zones]
    return [
        IamStatement(
            "RequestCertificate",
            ["acm:RequestCertificate"],
            ["*"],
            scope.new,
            why="IAM supports no resource for it; the stack's tags are required",
        ),
        IamStatement("TagCertificate", ["acm:AddTagsToCertificate"], certificates, scope.new),
        IamStatement(
            "OwnCertificate",
            ["acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:RemoveTagsFromCertificate",
             "acm:UpdateCertificateOptions"],
            certificates,
            scope.own,
        ),
        *(
            [IamStatement("DnsRecords", ["route53:ChangeResourceRecordSets"], zones, records(scope))]
            if zones else []
        ),
    ]  # fmt: skip


def records(scope: Scope) -> dict[str, dict[str, Any]]:
    """Only records of the stack's host names, and those by which ACM validates them.

    Source: "Using IAM policy conditions for fine-grained access control" in the Route 53 developer guide: names are
    compared in lower case and without the last dot; a `*` is a pattern of IAM's.
    """
    names = [name for host in scope.hosts for name in (host, f"_*.{host}")]
    return {
        "ForAllValues:StringLike": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": names},
        "ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME"]},
        # `ForAllValues` is also true without any value.
        "Null": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": "false"},
    }
