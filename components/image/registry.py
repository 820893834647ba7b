"""Where the image is kept."""

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
"""What a pull takes, and what a promotion asks ("Private repository policy examples" in the Amazon ECR user guide)."""


@dataclass(frozen=True)
class RegistryArgs:
    """Inputs of Registry.

    Attributes:
        region: of the stack.
        protected: whether destroying the stack must fail while images are left.
        kept: whether it must leave them where they are, as other stacks run them.
        pullers: other accounts whose tasks may pull.
        keep_releases: how many of the newest images that were rolled out stay.
        keep_days: that an image stays which never was.
    """

    region: str
    protected: bool
    keep_releases: int
    keep_days: int
    kept: bool = False
    pullers: Sequence[str] = ()


class Registry(pulumi.ComponentResource):
    """An ECR repository whose tags never change their image, scanned on push. What a stack runs never expires.

    Outputs: repository.
    """

    repository: Repository

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:Registry", name, None, opts)
        # What is kept keeps its policy too, without which other accounts could no longer pull.
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
    """Let other accounts pull: their own policies then say which of their roles do.

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
