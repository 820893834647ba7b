"""Where on AWS the stack lives."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from infra.settings.values.model import Model, refused


def _region(region: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise refused("is not an AWS Region; write one like eu-central-1")
    return region


def _number(account: object) -> object:
    """`pulumi config set --path` stores digits as a number. One of twelve digits has lost no leading zero."""
    if not isinstance(account, int) or isinstance(account, bool):
        return account
    if not 10**11 <= account < 10**12:
        raise refused(
            "is a number without twelve digits, and a number has no leading zeros; write the account id as text:"
            " `pulumi config set --path --type string aws.account 012345678901`"
        )
    return str(account)


def _account(account: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", account):
        raise refused('is not an AWS account id; write its twelve digits in quotes, like "123456789012"')
    return account


Region: TypeAlias = Annotated[str, AfterValidator(_region)]
AccountId: TypeAlias = Annotated[str, BeforeValidator(_number), AfterValidator(_account)]


class Aws(Model):
    """Region and account."""

    region: Region
    """An AWS Region, like eu-central-1."""
    account: AccountId | None = None
    """Twelve digits; another account's credentials are then refused by all providers."""
