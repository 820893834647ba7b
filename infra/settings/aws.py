"""Where on AWS the stack lives."""

from __future__ import annotations

import re

from pydantic import field_validator

from infra.settings.model import Model, refused


class Aws(Model):
    """Region and account."""

    region: str
    """An AWS Region, like eu-central-1."""
    account: str | None = None
    """Twelve digits; another account's credentials are then refused by all providers."""

    @field_validator("region")
    @classmethod
    def _region(cls, region: str) -> str:
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
            raise refused("is not an AWS Region; write one like eu-central-1")
        return region

    @field_validator("account", mode="before")
    @classmethod
    def _number(cls, account: object) -> object:
        """`pulumi config set --path` stores digits as a number. One of twelve digits has lost no leading zero."""
        if not isinstance(account, int) or isinstance(account, bool):
            return account
        if not 10**11 <= account < 10**12:
            raise refused(
                "is a number without twelve digits, and a number has no leading zeros; write the account id as text:"
                " `pulumi config set --path --type string aws.account 012345678901`"
            )
        return str(account)

    @field_validator("account")
    @classmethod
    def _account(cls, account: str | None) -> str | None:
        if account is not None and not re.fullmatch(r"[0-9]{12}", account):
            raise refused('is not an AWS account id; write its twelve digits in quotes, like "123456789012"')
        return account
