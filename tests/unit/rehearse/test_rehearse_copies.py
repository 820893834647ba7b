"""The key of the database and the account of the copies, made up for a rehearsal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.rehearse.copies import Connect, made_up

REGION = "eu-central-1"
ROLE = "arn:aws:iam::999988887777:role/backup/sluice-copies"


@pytest.fixture
def connect() -> Iterator[Connect]:
    with mock_aws():

        def client(service: str, account: str) -> Any:
            assert account in ("123456789012", "999988887777")
            connect: Any = boto3.client
            return connect(service, region_name=REGION, aws_access_key_id=account, aws_secret_access_key="b")

        yield client


def config() -> dict[str, Any]:
    return {
        "database": {"name": "shop", "kmsKey": f"arn:aws:kms:{REGION}:123456789012:key/real"},
        "snapshot": {"copyTo": {"role": ROLE, "key": f"arn:aws:kms:{REGION}:999988887777:key/real"}},
    }


def test_keys_and_role_are_made_once(connect: Connect) -> None:
    given, again = config(), config()
    differences = list(made_up(given, "123456789012", connect))
    assert [one.key for one in differences] == ["database.kmsKey", "snapshot.copyTo.key"]
    assert all(one.now and one.now != one.was for one in differences)
    list(made_up(again, "123456789012", connect))
    assert again == given, "the next rehearsal finds them"
    policy = json.loads(
        connect("kms", "123456789012").get_key_policy(KeyId=given["database"]["kmsKey"], PolicyName="default")["Policy"]
    )
    assert [one["Principal"]["AWS"] for one in policy["Statement"]] == [
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::999988887777:root",
    ]
    [role] = connect("iam", "999988887777").list_roles()["Roles"]
    assert role["RoleName"] == "sluice-copies"


def test_a_key_alone_is_lent_to_nobody(connect: Connect) -> None:
    given = {"database": config()["database"]}
    [difference] = made_up(given, "123456789012", connect)
    policy = connect("kms", "123456789012").get_key_policy(KeyId=str(difference.now), PolicyName="default")["Policy"]
    assert len(json.loads(policy)["Statement"]) == 1


@pytest.mark.parametrize("given", [{}, {"database": {}}, {"snapshot": {"copyTo": "wrong"}}, {"database": "wrong"}])
def test_without_them_nothing_is_made(connect: Connect, given: dict[str, Any]) -> None:
    assert list(made_up(given, "123456789012", connect)) == []
    assert connect("kms", "123456789012").list_keys()["Keys"] == []
