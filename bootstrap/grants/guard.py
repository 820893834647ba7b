"""What monitors and guards traffic: web ACL, traffic log bucket, flow logs, the VPC's default security group."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement


def guard(scope: Scope) -> list[IamStatement]:
    """For the deploy role. It cannot delete logs from the bucket; only an administrator can."""
    acls, balancers, buckets = _acls(scope), _balancers(scope), _buckets(scope)
    return [
        *preview_guard(scope),
        IamStatement(
            "WebAcl",
            ["wafv2:CreateWebACL", "wafv2:DeleteWebACL", "wafv2:TagResource", "wafv2:UntagResource",
             "wafv2:UpdateWebACL"],
            acls,
        ),
        IamStatement("Guard", ["wafv2:AssociateWebACL"], [*acls, *balancers]),
        IamStatement(
            "GuardBalancer",
            ["elasticloadbalancing:CreateWebACLAssociation", "elasticloadbalancing:DeleteWebACLAssociation",
             "wafv2:DisassociateWebACL"],
            balancers,
        ),
        IamStatement(
            "GuardAny",
            ["elasticloadbalancing:SetWebAcl"],
            ["*"],
            scope.in_region,
            why="IAM supports no resource for it",
        ),
        IamStatement(
            "TrafficBucket",
            ["s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy",
             "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutLifecycleConfiguration", "s3:TagResource",
             "s3:UntagResource"],
            buckets,
        ),
        # Flow logs to S3 are delivered by CloudWatch Logs ("Publish flow logs to Amazon S3" in the Amazon VPC user
        # guide).
        IamStatement(
            "FlowDelivery",
            ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:ListLogDeliveries",
             "logs:UpdateLogDelivery"],
            ["*"],
            scope.in_region,
            why="IAM supports no resource for them",
        ),
        IamStatement(
            "CloseDefaultGroup",
            ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
            [scope.arn("ec2", "security-group/*")],
            {"Null": {"aws:ResourceTag/Project": "true"}},
            why="AWS makes a VPC's default group without tags; rules can be taken from groups that nobody has tagged,"
            " and none can be added",
        ),
    ]  # fmt: skip


def preview_guard(scope: Scope) -> list[IamStatement]:
    """Return what a preview, a refresh and a drift check read. No log is read."""
    return [
        IamStatement("LookWebAcl", ["wafv2:GetWebACL", "wafv2:ListTagsForResource"], _acls(scope)),
        IamStatement("LookGuard", ["wafv2:GetWebACLForResource"], [*_acls(scope), *_balancers(scope)]),
        IamStatement("LookBalancer", ["elasticloadbalancing:GetLoadBalancerWebACL"], _balancers(scope)),
        IamStatement(
            "LookFlowLogs",
            ["ec2:DescribeFlowLogs"],
            ["*"],
            scope.in_region,
            why="IAM supports no resource for it; it says which logs there are, not what is in them",
        ),
        # The official AWS provider reads these of every bucket, used or not.
        IamStatement(
            "LookBucket",
            ["s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation",
             "s3:GetBucketLogging", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketPolicy",
             "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging",
             "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration",
             "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
             "s3:ListTagsForResource"],
            _buckets(scope),
        ),
    ]  # fmt: skip


def _acls(scope: Scope) -> list[str]:
    return [scope.arn("wafv2", f"regional/webacl/{scope.name}-*/*")]


def _balancers(scope: Scope) -> list[str]:
    return [scope.arn("elasticloadbalancing", f"loadbalancer/app/{scope.balancer}-*/*")]


def _buckets(scope: Scope) -> list[str]:
    return [scope.arn("s3", f"{scope.name}-traffic-*", region="", account="")]
