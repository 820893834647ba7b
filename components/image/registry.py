"""The ECR repository of the image."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.image import lifecycle_policy
from components.image.repository import Repository

PULL = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:DescribeImageScanFindings",
    "ecr:GetDownloadUrlForLayer",
)
"""Actions of a pull and of a promotion ("Private repository policy examples" in the Amazon ECR user guide)."""


@dataclass(frozen=True)
class RegistryArgs:
    """Inputs of Registry.

    Attributes:
        region: of the stack.
        protected: whether destroying the stack must fail while the repository has images.
        keep_releases: number of the newest released images that are kept.
        keep_days: days for which an unreleased image is kept.
        kept: whether destroying the stack keeps the images, because other stacks run them.
        pullers: other accounts whose tasks may pull.
    """

    region: str
    protected: bool
    keep_releases: int
    keep_days: int
    kept: bool = False
    pullers: Sequence[str] = ()


class Registry(pulumi.ComponentResource):
    """An ECR repository with immutable tags and scans on push. Images that a stack runs never expire.

    Outputs: repository.
    """

    repository: Repository

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:Registry", name, None, opts)
        # A kept repository keeps its policy, too, so that other accounts can still pull.
        child = pulumi.ResourceOptions(parent=self, retain_on_delete=args.kept)
        made = aws.ecr.Repository(
            name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            force_delete=not (args.protected or args.kept),
            opts=child,
        )
        aws.ecr.LifecyclePolicy(
            name,
            repository=made.name,
            policy=lifecycle_policy.document(args.keep_releases, args.keep_days),
            opts=child,
        )
        if args.pullers:
            caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
            aws.ecr.RepositoryPolicy(
                name,
                repository=made.name,
                policy=caller.arn.apply(lambda arn: pull_policy(arn.split(":")[1], args.pullers)),
                opts=child,
            )
        self.repository = Repository(made.repository_url, made.name, made.arn, made.registry_id, args.region)
        self.register_outputs({"name": made.name, "arn": made.arn, "url": made.repository_url})


def pull_policy(partition: str, accounts: Sequence[str]) -> str:
    """Return a policy that lets other accounts pull; their own policies decide which of their roles may.

    Args:
        partition: `aws`, `aws-cn`, `aws-us-gov`.
        accounts: twelve digits each.
    """
    statement = {
        "Sid": "Pull",
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:{partition}:iam::{account}:root" for account in sorted(accounts)]},
        "Action": list(PULL),
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
