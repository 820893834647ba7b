"""Configuration of the providers: only a local AWS, the right account, and options refused by name."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from moto import mock_aws

from emulator.plugins.aws.endpoint import local_endpoint, on_this_machine
from emulator.plugins.aws.provider import AwsProvider, _service, configured
from emulator.plugins.aws.table import ENTRIES
from emulator.plugins.docker.provider import IMAGE, DockerProvider
from infra.providers import elsewhere
from sluice.protocol.resource import Refused
from tests.unit.emulator.plugins.calls import Engine
from tests.unit.emulator.plugins.test_plugins_lifecycle import Moto

LOCAL = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_REGION": "us-east-1"}
ELSEWHERE = [
    "https://ecs.us-east-1.amazonaws.com",
    "http://8.8.8.8:4566",
    "http://0.0.0.0:4566",
    "http://169.254.169.254",
]


@pytest.fixture(autouse=True)
def no_names_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        addresses = {"localhost": "127.0.0.1", "ecs.us-east-1.amazonaws.com": "52.46.128.0"}
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses.get(host, host), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_an_endpoint_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="is not on this machine"):
        local_endpoint(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "http://localhost:4566"])
def test_an_endpoint_here_is_taken(url: str) -> None:
    assert local_endpoint(url) == url


@pytest.mark.parametrize("url", ["", "172.17.0.1:4566", "ftp://127.0.0.1", "http://"])
def test_an_endpoint_must_be_a_url(url: str) -> None:
    with pytest.raises(Refused, match="is not a URL"):
        local_endpoint(url)


def test_a_private_address_is_here_when_an_interface_has_it() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; tells which address this machine would use
        own = probe.getsockname()[0]
    other = "10.255.255.254" if own != "10.255.255.254" else "10.255.255.253"
    assert on_this_machine(own)
    assert not on_this_machine(other)


def test_every_endpoint_of_the_program_is_taken() -> None:
    assert {_service(key) for block in elsewhere(LOCAL["AWS_ENDPOINT_URL"])["endpoints"] for key in block} >= {
        entry.service for entry in ENTRIES
    }


REFUSED: list[tuple[str, Mapping[str, Any], Mapping[str, str], str]] = [
    ("no endpoint", {}, {"AWS_REGION": "us-east-1"}, "AWS_ENDPOINT_URL is not set"),
    ("a foreign service endpoint", {"endpoints": [{"ecs": "http://8.8.8.8"}]}, LOCAL, "is not on this machine"),
    (
        "an endpoint nobody uses",
        {"endpoints": [{"sqs": "http://127.0.0.1"}]},
        LOCAL,
        "endpoint of sqs is not supported",
    ),
    ("no region", {}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "no region"),
]


@pytest.mark.parametrize(("options", "environment", "said"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_configuration_refused(options: Mapping[str, Any], environment: Mapping[str, str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        configured(options, environment)


def test_configuration_taken() -> None:
    session = configured({"region": "eu-west-1", "defaultTags": {"tags": {"stack": "local"}}}, LOCAL)
    assert (session.region, session.default_tags, session.endpoint) == (
        "eu-west-1", {"stack": "local"}, "http://127.0.0.1:4566",
    )  # fmt: skip


def test_an_unknown_option_is_named() -> None:
    checked = asyncio.run(AwsProvider().check_config({}, {"region": "us-east-1", "assumeRoles": [], "retryMode": None}))
    assert [(failure.property, failure.reason) for failure in checked.failures] == [
        ("assumeRoles", "provider option assumeRoles is not supported by the local AWS provider")
    ]


def test_the_wrong_account_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from emulator.plugins.aws import provider as module

    with mock_aws():
        monkeypatch.setattr(module, "configured", lambda options, environment: Moto())
        monkeypatch.setattr(module, "refuse_silent", lambda endpoint: None)  # moto answers without a port
        provider = AwsProvider()
        asyncio.run(provider.configure({"allowedAccountIds": json.dumps(["123456789012"])}))
        assert provider.session().account == "123456789012"
        with pytest.raises(Refused, match="belong to account 123456789012, which allowedAccountIds"):
            asyncio.run(provider.configure({"allowedAccountIds": json.dumps(["999999999999"])}))
        with pytest.raises(Refused, match="was not configured"):
            provider.session()


def test_a_changed_configuration_is_a_change() -> None:
    before, after = {"defaultTags": '{"tags": {"a": "1"}}'}, {"defaultTags": '{"tags": {"a": "2"}}'}
    assert asyncio.run(AwsProvider().diff_config(before, after)).diffs == ["defaultTags"]
    assert not asyncio.run(AwsProvider().diff_config(before, dict(before))).changes


def test_passwords_are_sealed_whatever_the_program_did() -> None:
    assert AwsProvider().secret_outputs("aws:rds/instance:Instance") == {"password"}
    assert DockerProvider().secret_outputs(IMAGE) == {"registry"}


@pytest.fixture
def provider() -> Iterator[AwsProvider]:
    with mock_aws():
        made = AwsProvider()
        made._session = Moto()
        yield made


async def called(provider: AwsProvider, token: str, args: dict[str, Any]) -> dict[str, Any]:
    return await provider.functions[token](Engine().call(), args)


FUNCTIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("aws:index/getCallerIdentity:getCallerIdentity", {}, {"accountId": "123456789012"}),
    ("aws:index/getRegion:getRegion", {}, {"region": "us-east-1", "name": "us-east-1"}),
    (
        "aws:index/getAvailabilityZones:getAvailabilityZones",
        {"state": "available", "excludeNames": ["us-east-1a", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"]},
        {"names": ["us-east-1b"], "zoneIds": ["use1-az1"]},
    ),
    ("aws:ecr/getAuthorizationToken:getAuthorizationToken", {"registryId": None}, {"userName": "AWS"}),
]


@pytest.mark.parametrize(
    ("token", "args", "expected"), FUNCTIONS, ids=[token.split(":")[-1] for token, _, _ in FUNCTIONS]
)
def test_functions(provider: AwsProvider, token: str, args: dict[str, Any], expected: dict[str, Any]) -> None:
    result = asyncio.run(called(provider, token, args))
    assert {key: result[key] for key in expected} == expected


def test_an_unknown_argument_is_named(provider: AwsProvider) -> None:
    with pytest.raises(Refused, match="argument zone of aws:index/getRegion:getRegion is not supported"):
        asyncio.run(called(provider, "aws:index/getRegion:getRegion", {"zone": "a"}))
