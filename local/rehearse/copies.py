"""Creates the emulated key of the database, and the emulated account for copies of its snapshots."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local.rehearse.changes import SettingChange

DATABASE, COPIES = "alias/rehearsal-database", "alias/rehearsal-copies"
WHY = "it exists on AWS and not here: one of the emulated account stands for it"
LENT = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
"""Actions that the policy of the database's key allows the other account (docs/snapshot-copies.md)."""

Connect = Callable[[str, str], Any]
"""A client of a service in an emulated account, by its number."""


def made_up(config: dict[str, Any], account: str, connect: Connect) -> Iterator[SettingChange]:
    """Points `database.kmsKey` and `snapshot.copyTo` at keys that are made when they are missing, and makes the role.

    Args:
        config: is changed.
        account: the stack's emulated one.
        connect: see above.
    """
    database, snapshot = config.get("database"), config.get("snapshot")
    to = snapshot.get("copyTo") if isinstance(snapshot, dict) else None
    role = str(to.get("role", "")) if isinstance(to, dict) else ""
    other = role.split(":")[4] if role.count(":") > 4 else ""
    if isinstance(database, dict) and database.get("kmsKey"):
        made = _key(connect("kms", account), DATABASE, _policy(account, [other] if other else []))
        yield SettingChange("database.kmsKey", database["kmsKey"], made, WHY)
        database["kmsKey"] = made
    if isinstance(to, dict) and other:
        made = _key(connect("kms", other), COPIES, _policy(other, []))
        yield SettingChange("snapshot.copyTo.key", to.get("key"), made, WHY)
        to["key"] = made
        _role(connect("iam", other), role.rpartition("/")[2], account)


def _policy(account: str, lent: list[str]) -> str:
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    others = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{one}:root"}, "Action": LENT, "Resource": "*"}
        for one in lent
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": [own, *others]})


def _key(kms: Any, alias: str, policy: str) -> str:
    """The ARN of the key with this alias, with this policy."""
    try:
        arn = str(kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        arn = str(kms.create_key(Policy=policy)["KeyMetadata"]["Arn"])
        kms.create_alias(AliasName=alias, TargetKeyId=arn)
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=policy)
    return arn


def _role(iam: Any, name: str, trusted: str) -> None:
    principal: Mapping[str, str] = {"AWS": f"arn:aws:iam::{trusted}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    try:
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
