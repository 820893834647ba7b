"""AWS Regions, account ids and ARNs."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from infra.settings.values.model import matching, refused


def account_text(account: object) -> object:
    """Return an account id as text: `pulumi config set --path` stores digits as a number.

    Refuses a number that does not have twelve digits, because it may have lost a leading zero.
    """
    if not isinstance(account, int) or isinstance(account, bool):
        return account
    if not 10**11 <= account < 10**12:
        raise refused(
            "is a number without twelve digits, and a number has no leading zeros; write the account id as text:"
            " `pulumi config set --path --type string aws.account 012345678901`"
        )
    return str(account)


Region: TypeAlias = Annotated[
    str, matching(r"[a-z]{2}(-[a-z]+)+-\d", "is not an AWS Region; write one like eu-central-1")
]
AccountId: TypeAlias = Annotated[
    str,
    BeforeValidator(account_text),
    matching(r"[0-9]{12}", 'is not an AWS account id; write its twelve digits in quotes, like "123456789012"'),
]


def is_arn(text: str, service: str, resource: str) -> bool:
    """Whether a text is an ARN of a service with a Region and an account. resource: a pattern for its last part."""
    return re.fullmatch(rf"arn:aws[a-z-]*:{service}:[a-z0-9-]+:\d{{12}}:{resource}", text) is not None


def arn_of(kind: str, service: str, resource: str, example: str) -> AfterValidator:
    """Return a validator of ARNs.

    Args:
        kind: what the ARN names, like `an SNS topic`.
        service: AWS service in the ARN.
        resource: pattern of the ARN's last part.
        example: the last part in the error.
    """

    def check(text: str) -> str:
        if not is_arn(text, service, resource):
            raise refused(f"is not the ARN of {kind}; write one like arn:aws:{service}:REGION:ACCOUNT:{example}")
        return text

    return AfterValidator(check)


def account_of(arn: str) -> str:
    """The account in an ARN."""
    return arn.split(":")[4]


def region_of(arn: str) -> str:
    """The Region in an ARN."""
    return arn.split(":")[3]


def other_region(arn: str, region: str) -> str:
    """Why an ARN is refused that must be in the stack's Region; empty if it is there."""
    return "" if region_of(arn) == region else f"is not in the stack's Region ({region}); name one in {region}"


def elsewhere(arn: str, region: str, account: str | None) -> str:
    """Why an ARN is refused that must be in the stack's Region and account; empty if it is there.

    Args:
        account: the stack's account; None if the settings do not name it.
    """
    if wrong := other_region(arn, region):
        return wrong
    if account is not None and account_of(arn) != account:
        return f"is not in the stack's account ({account}); name one in that account"
    return ""


KeyArn: TypeAlias = Annotated[str, arn_of("a KMS key", "kms", r"key/[\w-]+", "key/ID (not an alias)")]
"""Not an alias, because its owner can point it to another key."""
