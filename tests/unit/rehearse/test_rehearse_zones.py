"""The zone of a stack's own name, made up in the account of a rehearsal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.rehearse.zones import made_up


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("route53", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.mark.parametrize("domain", [{"name": "shop.example.com", "zone": "Z1"}, {"name": "shop.example.com"}])
def test_is_made_once_for_the_names_in_it(client: Any, domain: dict[str, str]) -> None:
    config: dict[str, Any] = {"domain": dict(domain)}
    [difference] = made_up(config, client)
    assert (difference.key, difference.was) == ("domain.zone", domain.get("zone"))
    [zone] = client.list_hosted_zones()["HostedZones"]
    assert (zone["Name"], zone["Id"]) == ("example.com.", f"/hostedzone/{config['domain']['zone']}")
    again: dict[str, Any] = {"domain": {"name": "other.example.com"}}
    list(made_up(again, client))
    assert again["domain"]["zone"] == config["domain"]["zone"]


@pytest.mark.parametrize("config", [{}, {"domain": {}}])
def test_without_a_name_there_is_none(client: Any, config: dict[str, Any]) -> None:
    assert list(made_up(config, client)) == []
    assert client.list_hosted_zones()["HostedZones"] == []
