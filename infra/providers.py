"""The providers: every resource of a stack is in one explicit Region and account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.settings.aws import Aws
from infra.settings.settings import Settings
from sluice import sdk as gate

SERVICES = (
    "acm",
    "appautoscaling",
    "cloudwatch",
    "ec2",
    "ecr",
    "ecs",
    "elbv2",
    "events",
    "iam",
    "kms",
    "logs",
    "rds",
    "route53",
    "s3",
    "secretsmanager",
    "sns",
    "ssm",
    "sts",
    "wafv2",
)
"""The AWS services of this program's resources, by the names of the AWS provider's `endpoints`."""


@dataclass(frozen=True)
class Providers:
    """The `providers` of components; children find theirs by package."""

    aws: aws.Provider
    gate: gate.Provider

    def all(self) -> list[pulumi.ProviderResource]:
        """Return both, for `ResourceOptions(providers=…)`."""
        return [self.aws, self.gate]


def create(settings: Settings, tags: Mapping[str, str], environment: Mapping[str, str]) -> Providers:
    """Return the providers of a stack.

    Args:
        tags: of every resource that supports tags.
        environment: the process's, where AWS_ENDPOINT_URL, the variable of all AWS SDKs, names an emulator
            (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
    """
    endpoint = environment.get("AWS_ENDPOINT_URL")
    region, account = settings.aws.region, settings.aws.account
    return Providers(
        aws=amazon(settings.aws, tags, environment),
        gate=gate.Provider("gate", region=region, account=account, endpoint=endpoint),
    )


def amazon(where: Aws, tags: Mapping[str, str], environment: Mapping[str, str]) -> aws.Provider:
    """Return the AWS provider of one Region and, if the settings name it, of one account."""
    return aws.Provider(
        "aws",
        region=where.region,
        allowed_account_ids=[where.account] if where.account else None,
        default_tags={"tags": dict(tags)},
        **elsewhere(environment.get("AWS_ENDPOINT_URL")),
    )


def elsewhere(endpoint: str | None) -> dict[str, Any]:
    """Return the AWS provider's additional arguments for an emulator; empty for AWS.

    The skipped checks would use AWS's real STS, instance metadata and list of Regions; the account id is still checked,
    at the endpoint.
    """
    if not endpoint:
        return {}
    return {
        "endpoints": [dict.fromkeys(SERVICES, endpoint)],
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
        "s3_use_path_style": True,  # bucket names do not resolve to that endpoint
    }
