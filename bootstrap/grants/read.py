"""What a preview, a refresh and a drift check look at. Nothing of it can be changed, and no secret's value is read."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import Statement


def read(scope: Scope) -> list[Statement]:
    """For the preview role, and for the deploy role beside what it changes."""
    return [
        Statement(
            "Look",
            [
                "acm:DescribeCertificate",
                "acm:ListCertificates",
                "acm:ListTagsForCertificate",
                "application-autoscaling:Describe*",
                "application-autoscaling:ListTagsForResource",
                "cloudwatch:DescribeAlarms",
                "cloudwatch:GetDashboard",
                "cloudwatch:ListTagsForResource",
                "ec2:Describe*",
                "ecr:DescribeRepositories",
                "ecs:Describe*",
                "ecs:List*",
                "elasticloadbalancing:Describe*",
                "events:DescribeRule",
                "events:ListTagsForResource",
                "events:ListTargetsByRule",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:ListTagsForResource",
                "rds:Describe*",
                "rds:ListTagsForResource",
                "sns:GetSubscriptionAttributes",
                "sns:GetTopicAttributes",
                "sns:ListSubscriptionsByTopic",
                "sns:ListTagsForResource",
                "ssm:DescribeParameters",
                "tag:GetResources",
            ],
            ["*"],
            scope.in_region,
            why="descriptions of what runs, without data: most of these calls know no resource, and a preview asks for"
            " what is not named yet",
        ),
        Statement(
            "Zones",
            ["route53:GetChange", "route53:GetHostedZone", "route53:ListHostedZones", "route53:ListHostedZonesByName",
             "route53:ListResourceRecordSets", "route53:ListTagsForResource"],
            ["*"],
            why="public DNS; a zone is found by its name before its id is known",
        ),
        Statement(
            "Images",
            ["ecr:BatchGetImage", "ecr:DescribeImageScanFindings", "ecr:DescribeImages",
             "ecr:GetDownloadUrlForLayer", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:ListImages",
             "ecr:ListTagsForResource"],
            [scope.arn("ecr", "repository/*"), scope.arn("ecr", "repository/*", account="*")],
            why="a promoted image lies in another stack's repository, perhaps in another account, whose own policy"
            " decides",
        ),
        Statement(
            "Roles",
            ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
             "iam:ListRolePolicies", "iam:ListRoleTags", "iam:SimulatePrincipalPolicy"],
            [scope.roles],
        ),
        Statement(
            "Records",
            ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:ListTagsForResource"],
            [scope.arn("ssm", f"parameter{scope.records}"), scope.arn("ssm", f"parameter{scope.records}/*")],
        ),
        Statement(
            "SecretsNotValues",
            ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
            [scope.arn("secretsmanager", f"secret:{scope.name}-*"), scope.arn("secretsmanager", "secret:rds!*"),
             *scope.secrets],
        ),
        # Before a run: whether the key of a secret is enabled.
        Statement(
            "Keys",
            ["kms:DescribeKey"],
            [scope.arn("kms", "key/*")],
            why="a secret's key has an id that nobody knows before; its description holds no data",
        ),
    ]  # fmt: skip
