"""Secrets that the settings refer to are made up, once, in the form in which they are referred to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.settings.secrets import reference
from local.rehearse.secrets import made_up

ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-AbCdEf"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-central-1")


def test_a_whole_secret_and_a_key_of_one(client: Any) -> None:
    config = {"app": {"secrets": {"API_KEY": ARN, "TOKEN": f"{ARN}:token::"}}}
    assert {difference.key for difference in made_up(config, client)} == {"app.secrets.API_KEY", "app.secrets.TOKEN"}
    plain, keyed = config["app"]["secrets"]["API_KEY"], config["app"]["secrets"]["TOKEN"]
    assert reference(plain) == plain != ARN
    assert reference(keyed) == keyed
    assert client.get_secret_value(SecretId=plain)["SecretString"]
    assert json.loads(client.get_secret_value(SecretId=keyed.removesuffix(":token::"))["SecretString"])["token"]


def test_the_same_secret_the_next_time(client: Any) -> None:
    first, second = ({"app": {"secrets": {"API_KEY": ARN}}} for _ in range(2))
    list(made_up(first, client))
    list(made_up(second, client))
    assert first == second


def test_settings_without_secrets_stay_as_they_are(client: Any) -> None:
    config: dict[str, Any] = {"promoteFrom": "staging"}
    assert list(made_up(config, client)) == []
    assert config == {"promoteFrom": "staging"}
