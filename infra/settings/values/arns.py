"""ARNs that the settings name."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from infra.settings.aws import Aws
from infra.settings.values.model import refused


def is_arn(text: str, service: str, resource: str) -> bool:
    """Whether a text is an ARN of a service; resource: a pattern of its last part."""
    return re.fullmatch(rf"arn:aws[a-z-]*:{service}:[a-z0-9-]+:\d{{12}}:{resource}", text) is not None


def account_of(arn: str) -> str:
    """The account in an ARN."""
    return arn.split(":")[4]


def key_arn(text: str) -> str:
    """The same ARN, when it is that of a KMS key. An alias may be moved to another key by whoever may do that."""
    if not is_arn(text, "kms", r"key/[\w-]+"):
        raise refused(
            "is not the ARN of a KMS key; write it whole, like arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias"
        )
    return text


KeyArn: TypeAlias = Annotated[str, AfterValidator(key_arn)]


def elsewhere(arn: str, aws: Aws) -> str:
    """What is wrong with the place of an ARN that must be in the stack's Region and account; empty when it is there."""
    _, _, _, region, account, *_ = arn.split(":")
    if region != aws.region:
        return f"is in another Region than the stack ({aws.region}); name one of that Region"
    if aws.account is not None and account != aws.account:
        return f"is in another account than the stack ({aws.account}); name one of that account"
    return ""
