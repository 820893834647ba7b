"""IAM policies as plain data."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VERSION = "2012-10-17"


@dataclass(frozen=True)
class AccountRegion:
    """One AWS account in one Region.

    Attributes:
        partition: `aws`, `aws-cn`, `aws-us-gov`.
        region: the stack's Region.
        id: twelve digits.
    """

    partition: str
    region: str
    id: str

    @classmethod
    def of(cls, caller_arn: str, region: str) -> AccountRegion:
        """Return the account of a caller, from its ARN."""
        _, partition, _, _, account, *_ = caller_arn.split(":")
        return cls(partition, region, account)


def managed(caller_arn: str, end: str) -> str:
    """ARN of a managed policy in a caller's account.

    Args:
        end: its path and name.
    """
    account = AccountRegion.of(caller_arn, "")
    return f"arn:{account.partition}:iam::{account.id}:policy{end}"


def task_trust(account: AccountRegion) -> str:
    """Return a trust policy for ECS tasks of this account and Region only.

    Without the conditions, ECS could be made to use the role for another account ("Task IAM role" in the Amazon ECS
    developer guide, on the confused deputy).
    """
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account.id},
                "ArnLike": {"aws:SourceArn": f"arn:{account.partition}:ecs:{account.region}:{account.id}:*"},
            },
        }
    )


def execution(repository_arns: Sequence[str], log_group_arn: str, secret_arns: Sequence[str]) -> str:
    """Return the policy of an execution role: it may pull the image, write the log group and read the secrets.

    It is narrower than the managed AmazonECSTaskExecutionRolePolicy, which reads every repository and writes every log
    group. GetAuthorizationToken supports no resource ("Actions, resources, and condition keys for Amazon ECR" in the
    Service Authorization Reference).
    """
    statements: list[dict[str, Any]] = []
    if repositories := sorted({arn for arn in repository_arns if arn}):  # IAM does not govern other registries
        statements += [
            {"Sid": "Login", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
            {
                "Sid": "Pull",
                "Effect": "Allow",
                "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                "Resource": repositories,
            },
        ]
    statements.append(
        {
            "Sid": "Log",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{log_group_arn}:*",
        }
    )
    if secret_arns:
        statements.append(
            {
                "Sid": "Secrets",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": sorted(set(secret_arns)),
            }
        )
    return document(*statements)


def repository(image: str) -> str | None:
    """Return the ARN of an image's ECR repository, from its reference; None for another registry."""
    found = re.match(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/([^@:]+)", image)
    if found is None:
        return None
    account, region, china, name = found.groups()
    partition = "aws-cn" if china else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return f"arn:{partition}:ecr:{region}:{account}:repository/{name}"


def document(*statements: dict[str, Any]) -> str:
    """Return a policy of these statements, as JSON."""
    return json.dumps({"Version": VERSION, "Statement": list(statements)})
