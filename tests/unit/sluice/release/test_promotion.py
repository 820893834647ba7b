"""What another stack has released, in this account and in another one, on moto; and what AWS refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sluice.aws.session import Account, Clients
from sluice.errors import GateError
from sluice.release.promotion import PromotionSource, released

HERE, THERE = "123456789012", "444455556666"
RELEASE = {"image": "r@sha256:1", "release": {"digest": "sha256:1"}}


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Clients(Account(region="eu-central-1", account=HERE))


def write(value: str, region: str = "eu-central-1", **credentials: str) -> None:
    ssm = boto3.client("ssm", region_name=region, **credentials)
    ssm.put_parameter(Name="/sluice/shop/staging/promotable", Value=value, Type="String")


def in_the_other_account() -> dict[str, str]:
    """Credentials of an administrator there."""
    given = boto3.client("sts", region_name="eu-central-1").assume_role(
        RoleArn=f"arn:aws:iam::{THERE}:role/admin", RoleSessionName="admin"
    )["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


@pytest.mark.parametrize("account", ["", HERE])
def test_in_this_account_it_is_read_as_it_is(clients: Clients, account: str) -> None:
    assert released(clients, PromotionSource("shop", "staging", account)) is None
    write(json.dumps(RELEASE))
    assert released(clients, PromotionSource("shop", "staging", account)) == RELEASE


def test_in_another_account_its_reader_is_taken(clients: Clients) -> None:
    write(json.dumps(RELEASE | {"image": "of this account"}))
    write(json.dumps(RELEASE), **in_the_other_account())
    assert released(clients, PromotionSource("shop", "staging", THERE)) == RELEASE


def test_in_another_region(clients: Clients) -> None:
    write(json.dumps(RELEASE), "eu-west-1")
    assert released(clients, PromotionSource("shop", "staging")) is None
    assert released(clients, PromotionSource("shop", "staging", region="eu-west-1")) == RELEASE


@pytest.mark.parametrize(
    ("region", "role"),
    [
        ("eu-central-1", f"arn:aws:iam::{THERE}:role/shop-bootstrap/shop-staging-releases"),
        ("cn-north-1", f"arn:aws-cn:iam::{THERE}:role/shop-bootstrap/shop-staging-releases"),
    ],
)
def test_the_reader_is_known_by_its_name(region: str, role: str) -> None:
    assert PromotionSource("shop", "staging", THERE).role(region) == role


@pytest.mark.parametrize("value", ["no JSON", "null", "[]"])
def test_what_is_no_release_is_not_taken_for_one(clients: Clients, value: str) -> None:
    write(value)
    if value == "no JSON":
        with pytest.raises(GateError, match="holds no release: no JSON"):
            released(clients, PromotionSource("shop", "staging"))
    else:
        assert released(clients, PromotionSource("shop", "staging")) is None


class Refusing(Clients):
    """Clients that AWS lets read nothing."""

    def __getitem__(self, service: str) -> Any:
        client = boto3.client(service, region_name="eu-central-1")
        stub = Stubber(client)
        stub.add_client_error("get_parameter", "AccessDeniedException", "no identity-based policy")
        stub.activate()
        return client

    def taking_on(self, role: str) -> Clients:
        return self.__class__(Account(region="eu-central-1"))


@pytest.mark.parametrize(
    ("account", "fix"),
    [
        (
            "",
            "fix: name the stack staging in `promoteFrom` of this stack's bootstrap settings, then run `make bootstrap`"
            " again",
        ),
        (
            THERE,
            "fix: name this account in `releases.readers` of bootstrap/Pulumi.staging.yaml and staging in `promoteFrom`"
            " of this stack's, then run `make bootstrap` for both",
        ),
    ],
)
@pytest.mark.usefixtures("clients")
def test_a_refusal_says_what_to_write_where(account: str, fix: str) -> None:
    with pytest.raises(GateError) as refusal:
        released(Refusing(Account(region="eu-central-1", account=HERE)), PromotionSource("shop", "staging", account))
    assert str(refusal.value).endswith(fix)
    assert "no identity-based policy" in str(refusal.value)
