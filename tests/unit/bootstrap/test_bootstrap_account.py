"""What an account has once, on moto: made, found as it should be, and mended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from bootstrap import account, subject
from bootstrap.account import StateLocation
from infra.policies import AccountRegion

WHERE = AccountRegion("aws", "eu-central-1", "123456789012")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


def client(service: str) -> Any:
    return boto3.client(service, region_name=WHERE.region)


def prepared(stack: str = "staging") -> tuple[StateLocation, dict[str, bool]]:
    said: dict[str, bool] = {}
    place = account.prepare(client, WHERE, "sluice", stack, said.__setitem__)
    account.identity_provider(client("iam"), WHERE, said.__setitem__)
    return place, said


@pytest.mark.usefixtures("aws")
class TestAccount:
    """Bucket, key, identity provider."""

    def test_everything_is_made_once(self) -> None:
        place, first = prepared()
        again, second = prepared()
        assert again == place
        assert first.keys() == second.keys()
        assert all(
            first[one]
            for one in (
                "bucket sluice-state-123456789012-eu-central-1",
                "key alias/sluice-state",
                "key alias/sluice-staging-secrets",
            )
        )
        assert [one for one, changed in second.items() if changed] == []

    def test_the_bucket_is_as_a_store_of_states_must_be(self) -> None:
        place, _ = prepared()
        s3, name = client("s3"), place.bucket
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        assert set(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()) == {True}
        [rule] = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"] == {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": place.bucket_key,
        }
        [deny] = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        for key in (place.bucket_key, place.key):
            assert client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]

    def test_what_somebody_changed_is_mended(self) -> None:
        place, _ = prepared()
        client("s3").put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Suspended"})
        client("s3").delete_bucket_policy(Bucket=place.bucket)
        _, said = prepared()
        assert sorted(one for one, changed in said.items() if changed) == [
            "bucket keeps old versions", "bucket takes TLS only",
        ]  # fmt: skip
        assert client("s3").get_bucket_versioning(Bucket=place.bucket)["Status"] == "Enabled"

    def test_every_stack_has_a_key_of_its_own(self) -> None:
        staging, _ = prepared()
        prod, said = prepared("prod")
        assert (staging.bucket, staging.bucket_key) == (prod.bucket, prod.bucket_key)
        assert len({staging.key, prod.key, prod.bucket_key}) == 3
        assert [one for one, changed in said.items() if changed] == [
            "key alias/sluice-prod-secrets", "key alias/sluice-prod-secrets rotates every year",
        ]  # fmt: skip

    def test_no_other_account_is_let_in(self) -> None:
        place, _ = prepared()
        [deny] = json.loads(client("s3").get_bucket_policy(Bucket=place.bucket)["Policy"])["Statement"]
        assert deny["Effect"] == "Deny"
        for key in (place.bucket_key, place.key):
            [own] = json.loads(client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"])["Statement"]
            assert own["Principal"] == {"AWS": f"arn:aws:iam::{WHERE.id}:root"}


@pytest.mark.parametrize(("audiences", "added"), [(["theirs"], True), (["theirs", subject.AUDIENCE], False)])
def test_an_identity_provider_that_is_there_is_adopted(audiences: list[str], added: bool) -> None:
    """moto has no AddClientIDToOpenIDConnectProvider."""
    iam = boto3.client("iam", aws_access_key_id="testing", aws_secret_access_key="testing")
    arn, said = subject.provider(WHERE), list[bool]()
    with Stubber(iam) as stub:
        stub.add_response(
            "get_open_id_connect_provider", {"ClientIDList": audiences}, {"OpenIDConnectProviderArn": arn}
        )
        if added:
            wanted = {"OpenIDConnectProviderArn": arn, "ClientID": subject.AUDIENCE}
            stub.add_response("add_client_id_to_open_id_connect_provider", {}, wanted)
        assert account.identity_provider(iam, WHERE, lambda what, changed: said.append(changed)) == arn
        stub.assert_no_pending_responses()
    assert said == [added]


def test_a_bucket_name_fits() -> None:
    where = AccountRegion("aws", "ap-southeast-1", "123456789012")
    name = account.bucket_name("A project whose name is rather long, as they are", where)
    assert len(name) <= 63
    assert name == name.lower()
