"""The providers: every resource of a stack goes to one Region and one account, said explicitly."""

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
"""The services that this program's resources belong to, by the names of the AWS provider's `endpoints`."""


@dataclass(frozen=True)
class Providers:
    """What components take as `providers`: children find theirs by package."""

    aws: aws.Provider
    gate: gate.Provider

    def all(self) -> list[pulumi.ProviderResource]:
        """Both, in the form of `ResourceOptions(providers=…)`."""
        return [self.aws, self.gate]


def create(settings: Settings, tags: Mapping[str, str], environment: Mapping[str, str]) -> Providers:
    """The providers of a stack.

    Args:
        tags: given to every resource that can have them.
        environment: the process', where AWS_ENDPOINT_URL, the variable of all AWS SDKs, leads to another AWS
            (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
    """
    endpoint = environment.get("AWS_ENDPOINT_URL")
    region, account = settings.aws.region, settings.aws.account
    return Providers(
        aws=amazon(settings.aws, tags, environment),
        gate=gate.Provider("gate", region=region, account=account, endpoint=endpoint),
    )


def amazon(where: Aws, tags: Mapping[str, str], environment: Mapping[str, str]) -> aws.Provider:
    """The AWS provider of one Region and, where the settings name it, of one account."""
    return aws.Provider(
        "aws",
        region=where.region,
        allowed_account_ids=[where.account] if where.account else None,
        default_tags={"tags": dict(tags)},
        **elsewhere(environment.get("AWS_ENDPOINT_URL")),
    )


def elsewhere(endpoint: str | None) -> dict[str, Any]:
    """Return what the AWS provider needs in addition when the calls go to an endpoint of the caller's own; nothing
    otherwise.

    The skipped checks ask AWS' real STS, instance metadata and list of Regions; the account id is still asked, at the
    endpoint.
    """
    if not endpoint:
        return {}
    return {
        "endpoints": [dict.fromkeys(SERVICES, endpoint)],
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
        "s3_use_path_style": True,  # no name of a bucket leads to that endpoint
    }
