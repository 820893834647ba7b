"""Check: what is taken, what is refused by name, and which names are made up."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from emulator.plugins.aws.checking import check
from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.table import balancing, container, database, identity, logs, network, registry, security
from sluice.protocol.values import UNKNOWN

REFUSED: list[tuple[Entry, dict[str, Any], str]] = [
    (network.VPC, {"cidrBlock": "10.0.0.0/16", "ipv6NetmaskLength": 56}, "ipv6NetmaskLength"),
    (network.ROUTE_TABLE, {"vpcId": "vpc-1", "routes": []}, "routes"),
    (balancing.TARGET_GROUP, {"healthCheck": {"path": "/live", "colour": "red"}}, "healthCheck.colour"),
    (container.SERVICE, {"sigintRollback": True}, "sigintRollback"),
    (
        balancing.LISTENER,
        {"defaultActions": [{"type": "forward"}, {"type": "authenticate-oidc", "authenticateOidc": {}}]},
        "defaultActions[1].authenticateOidc",
    ),
    (container.SERVICE, {"networkConfiguration": {"subnets": [], "vpc": "x"}}, "networkConfiguration.vpc"),
    (identity.ROLE, {"region": "eu-west-1"}, "region"),
    (network.ROUTE, {"tags": {"a": "b"}}, "tags"),
]


@pytest.mark.parametrize(("entry", "inputs", "named"), REFUSED, ids=[named for _, _, named in REFUSED])
def test_what_is_not_supported_is_named(entry: Entry, inputs: dict[str, Any], named: str) -> None:
    (failure,) = check(entry, "thing", {}, inputs).failures
    assert failure.property == named
    assert failure.reason == f"property {named} of {entry.token} is not supported by the local AWS provider"


def test_an_unset_optional_property_is_no_property() -> None:
    assert check(network.ROUTE_TABLE, "thing", {}, {"vpcId": "vpc-1", "routes": None}).failures == []


def test_an_unknown_block_is_taken() -> None:
    checked = check(balancing.TARGET_GROUP, "thing", {}, {"healthCheck": UNKNOWN, "port": 80})
    assert checked.failures == []
    assert checked.inputs["healthCheck"] is UNKNOWN


NAMES: list[tuple[Entry, str, str, str]] = [
    (security.SECURITY_GROUP, "web", "name", r"web-[0-9a-f]{7}"),
    (registry.REPOSITORY, "Notes", "name", r"notes-[0-9a-f]{7}"),
    (database.INSTANCE, "Database", "identifier", r"database-[0-9a-f]{7}"),
    (balancing.LOAD_BALANCER, "b" * 24, "name", r"b{24}-[0-9a-f]{7}"),
]


@pytest.mark.parametrize(("entry", "resource", "property_", "pattern"), NAMES)
def test_a_name_is_made_and_recorded(entry: Entry, resource: str, property_: str, pattern: str) -> None:
    inputs = check(entry, resource, {}, {}).inputs
    assert re.fullmatch(pattern, inputs[property_])
    assert property_ in inputs["__defaults"]
    assert check(entry, resource, inputs, {}).inputs[property_] == inputs[property_], "the name given once is kept"
    assert check(entry, resource, {}, {}).inputs[property_] != inputs[property_], "a replacement gets another name"


def test_a_name_of_the_program_is_kept() -> None:
    inputs = check(logs.LOG_GROUP, "log", {}, {"name": "/sluice/a/b"}).inputs
    assert inputs == {"name": "/sluice/a/b", "__defaults": []}


def test_a_made_name_gives_way_to_the_programs() -> None:
    old = check(logs.LOG_GROUP, "log", {}, {}).inputs
    assert check(logs.LOG_GROUP, "log", old, {"name": "/mine"}).inputs["name"] == "/mine"


def test_a_prefix_makes_a_name_and_keeps_it_until_it_changes() -> None:
    old = check(database.PARAMETER_GROUP, "group", {}, {"namePrefix": "notes-", "family": "postgres17"}).inputs
    assert re.fullmatch(r"notes-[0-9a-f]{7}", old["name"])
    assert check(database.PARAMETER_GROUP, "group", old, {"namePrefix": "notes-"}).inputs["name"] == old["name"]
    assert check(database.PARAMETER_GROUP, "group", old, {"namePrefix": "other-"}).inputs["name"].startswith("other-")


def test_a_name_too_long_says_so() -> None:
    (failure,) = check(balancing.TARGET_GROUP, "t" * 25, {}, {}).failures
    assert failure.property == "name"
    assert "longer than AWS's 32" in failure.reason


def test_defaults_of_the_official_provider_are_recorded() -> None:
    inputs = check(security.SECURITY_GROUP, "web", {}, {"name": "web"}).inputs
    assert inputs == {"name": "web", "description": "Managed by Pulumi", "__defaults": ["description"]}


def test_a_policy_given_as_an_object_becomes_text() -> None:
    inputs = check(identity.ROLE_POLICY, "policy", {}, {"role": "r", "policy": {"Version": "2012-10-17"}}).inputs
    assert json.loads(inputs["policy"]) == {"Version": "2012-10-17"}
