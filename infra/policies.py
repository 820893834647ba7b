"""IAM policies as plain data: who may do what, on exactly which resource."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VERSION = "2012-10-17"


@dataclass(frozen=True)
class Account:
    """One AWS account in one Region.

    Attributes:
        partition: `aws`, `aws-cn`, `aws-us-gov`.
        region: where the stack lives.
        id: twelve digits.
    """

    partition: str
    region: str
    id: str

    @classmethod
    def of(cls, caller_arn: str, region: str) -> Account:
        """The account of a caller, from the ARN that STS says it has."""
        _, partition, _, _, account, *_ = caller_arn.split(":")
        return cls(partition, region, account)


def managed(caller_arn: str, end: str) -> str:
    """ARN of a managed policy in a caller's account.

    Args:
        end: its path and name.
    """
    account = Account.of(caller_arn, "")
    return f"arn:{account.partition}:iam::{account.id}:policy{end}"


def task_trust(account: Account) -> str:
    """Let ECS tasks of this account and Region, and nobody else's, take a role.

    Without the conditions ECS could be made to use the role for another account ("Task IAM role" in the Amazon ECS
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
    """Return what ECS itself needs to start a task: its image's repository, its log group, its secrets.

    Narrower than the managed AmazonECSTaskExecutionRolePolicy, which reads every repository and writes every log
    group. GetAuthorizationToken is about the registry and knows no resource ("Actions, resources, and condition keys
    for Amazon ECR" in the Service Authorization Reference).
    """
    statements: list[dict[str, Any]] = []
    if repositories := sorted({arn for arn in repository_arns if arn}):  # IAM knows nothing of other registries
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
    """ARN of the ECR repository of an image, from its reference (`ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@…`); None
    for any other registry, which IAM knows nothing of."""
    found = re.match(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/([^@:]+)", image)
    if found is None:
        return None
    account, region, china, name = found.groups()
    partition = "aws-cn" if china else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return f"arn:{partition}:ecr:{region}:{account}:repository/{name}"


def document(*statements: dict[str, Any]) -> str:
    """A policy of these statements, as text."""
    return json.dumps({"Version": VERSION, "Statement": list(statements)})
