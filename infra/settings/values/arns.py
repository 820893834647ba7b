"""AWS Regions, account ids and ARNs."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from infra.settings.values.model import refused


def valid_region(region: str) -> str:
    """Return a Region. Refuses text of another form."""
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise refused("is not an AWS Region; write one like eu-central-1")
    return region


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


def valid_account(account: str) -> str:
    """Return an account id. Refuses text that is not twelve digits."""
    if not re.fullmatch(r"[0-9]{12}", account):
        raise refused('is not an AWS account id; write its twelve digits in quotes, like "123456789012"')
    return account


Region: TypeAlias = Annotated[str, AfterValidator(valid_region)]
AccountId: TypeAlias = Annotated[str, BeforeValidator(account_text), AfterValidator(valid_account)]


def is_arn(text: str, service: str, resource: str) -> bool:
    """Whether a text is an ARN of a service with a Region and an account. resource: a pattern for its last part."""
    return re.fullmatch(rf"arn:aws[a-z-]*:{service}:[a-z0-9-]+:\d{{12}}:{resource}", text) is not None


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


def key_arn(text: str) -> str:
    """Return the ARN of a KMS key. Refuses an alias, because its owner can point it to another key."""
    if not is_arn(text, "kms", r"key/[\w-]+"):
        raise refused(
            "is not the ARN of a KMS key; write the whole ARN, like arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias"
        )
    return text


KeyArn: TypeAlias = Annotated[str, AfterValidator(key_arn)]
