"""Diff and the meaning of equality: update, replacement, refusal, or nothing at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.plugins.aws.comparison import refreshed, same
from emulator.plugins.aws.difference import difference
from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.property import Property
from emulator.plugins.aws.table import balancing, container, database, identity, logs, network, security
from sluice.protocol.resource import Difference, Refused, ResourceState
from sluice.protocol.values import UNKNOWN
from tests.unit.emulator.plugins.program import CONTAINERS, POLICY


def diff(
    entry: Entry, before: dict[str, Any], after: dict[str, Any], outputs: dict[str, Any] | None = None
) -> Difference:
    remembered = {"region": "us-east-1", "tagsAll": before.get("tags") or {}} | (outputs or {})
    return difference(entry, "thing", ResourceState(before, remembered), after, "us-east-1", {})


CASES: list[tuple[str, Entry, dict[str, Any], dict[str, Any], list[str], list[str]]] = [
    ("nothing", network.VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.0.0.0/16"}, [], []),
    ("update", network.VPC, {"enableDnsSupport": True}, {"enableDnsSupport": False}, ["enableDnsSupport"], []),
    ("replacement", network.VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"},
     ["cidrBlock"], ["cidrBlock"]),
    ("unset", network.VPC, {"enableDnsHostnames": True}, {}, ["enableDnsHostnames"], []),
    ("number as text", container.TASK_DEFINITION, {"cpu": 256}, {"cpu": "256"}, [], []),
    ("order of a set", balancing.LOAD_BALANCER, {"subnets": ["a", "b"]}, {"subnets": ["b", "a"]}, [], []),
    ("another member", balancing.LOAD_BALANCER, {"subnets": ["a", "b"]}, {"subnets": ["a", "c"]}, ["subnets"], []),
    ("empty list for none", database.PARAMETER_GROUP, {"parameters": []}, {}, [], []),
    ("json layout", identity.ROLE_POLICY, {"policy": POLICY}, {"policy": json.dumps(json.loads(POLICY), indent=2)},
     [], []),
    ("json content", identity.ROLE_POLICY, {"policy": POLICY}, {"policy": POLICY.replace("*", "s3:*")}, ["policy"], []),
    ("inside a block", balancing.TARGET_GROUP, {"healthCheck": {"path": "/live"}}, {"healthCheck": {"path": "/"}},
     ["healthCheck.path"], []),
    ("block removed", balancing.TARGET_GROUP, {"healthCheck": {"path": "/live"}}, {}, ["healthCheck.path"], []),
    ("unknown", balancing.LOAD_BALANCER, {"idleTimeout": 30}, {"idleTimeout": UNKNOWN}, ["idleTimeout"], []),
    ("unknown, replacing", network.SUBNET, {"vpcId": "vpc-1"}, {"vpcId": UNKNOWN}, ["vpcId"], ["vpcId"]),
    ("unknown inside", balancing.LOAD_BALANCER, {"subnets": ["a"]}, {"subnets": [UNKNOWN]}, ["subnets"], []),
    ("unknown block, replacing", container.TASK_DEFINITION, {"containerDefinitions": CONTAINERS},
     {"containerDefinitions": UNKNOWN}, ["containerDefinitions"], ["containerDefinitions"]),
    ("only remembered", container.TASK_DEFINITION, {"skipDestroy": True}, {"skipDestroy": False}, ["skipDestroy"], []),
    ("tags", network.VPC, {"tags": {"a": "1"}}, {"tags": {"a": "2"}}, ["tags"], []),
    ("region", network.VPC, {}, {"region": "eu-west-1"}, ["region"], ["region"]),
    ("a newer minor version", database.INSTANCE, {"engineVersion": "17"}, {"engineVersion": "17.6"},
     ["engineVersion"], []),
    ("a vaguer version", database.INSTANCE, {"engineVersion": "17.6"}, {"engineVersion": "17"}, [], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "before", "after", "diffs", "replaces"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_difference(
    entry: Entry, before: dict[str, Any], after: dict[str, Any], diffs: list[str], replaces: list[str]
) -> None:
    found = diff(entry, before, after)
    assert (found.diffs, found.replaces, found.changes) == (diffs, replaces, bool(diffs))


def test_changed_default_tags_are_a_change_of_every_taggable_resource() -> None:
    state = ResourceState({"cidrBlock": "10.0.0.0/16"}, {"region": "us-east-1", "tagsAll": {"stack": "a"}})
    found = difference(network.VPC, "thing", state, state.inputs, "us-east-1", {"stack": "b"})
    assert found.diffs == ["tagsAll"]
    assert (
        difference(
            network.ROUTE, "thing", ResourceState({}, {"region": "us-east-1"}), {}, "us-east-1", {"a": "b"}
        ).diffs
        == []
    )


def test_another_region_of_the_provider_replaces_what_is_regional() -> None:
    state = ResourceState({}, {"region": "us-east-1", "tagsAll": {}})
    assert difference(network.VPC, "thing", state, {}, "eu-west-1", {}).replaces == ["region"]
    assert difference(identity.ROLE, "thing", ResourceState({}, {"tagsAll": {}}), {}, "eu-west-1", {}).replaces == []


REMOVED: list[tuple[Entry, dict[str, Any], str]] = [
    (container.SERVICE, {"networkConfiguration": {"subnets": ["a"]}}, "networkConfiguration"),
    (container.SERVICE, {"taskDefinition": "a:1"}, "taskDefinition"),
    (database.INSTANCE, {"instanceClass": "db.t4g.micro"}, "instanceClass"),
    (balancing.LISTENER, {"certificateArn": "arn:x"}, "certificateArn"),
]


@pytest.mark.parametrize(("entry", "before", "named"), REMOVED, ids=[named for _, _, named in REMOVED])
def test_what_cannot_be_unset_is_refused(entry: Entry, before: dict[str, Any], named: str) -> None:
    with pytest.raises(Refused, match=f"thing: {named} was removed from the program"):
        diff(entry, before, {})


def test_what_cannot_be_changed_is_refused() -> None:
    with pytest.raises(Refused, match="cannot change identifier"):
        diff(database.INSTANCE, {"identifier": "a"}, {"identifier": "b"})


def test_only_a_fixed_name_needs_the_old_resource_gone_first() -> None:
    before, after = {"name": "/mine", "logGroupClass": "STANDARD"}, {"name": "/mine", "logGroupClass": "DELIVERY"}
    assert diff(logs.LOG_GROUP, before, after | {"__defaults": []}).delete_before_replace
    assert not diff(logs.LOG_GROUP, before, after | {"__defaults": ["name"]}).delete_before_replace
    assert not diff(logs.LOG_GROUP, before, after | {"name": "/other", "__defaults": []}).delete_before_replace
    revision = diff(container.TASK_DEFINITION, {"family": "a", "cpu": "1"}, {"family": "a", "cpu": "2"})
    assert revision.replaces == ["cpu"]
    assert not revision.delete_before_replace, "a family holds many revisions"


CONTAINER = {"name": "service", "image": "i", "portMappings": [{"containerPort": 80}], "environment": []}
DEFINITIONS = container.TASK_DEFINITION.properties["containerDefinitions"]
REVISION = container.SERVICE.properties["taskDefinition"]
SAME: list[tuple[str, Property, Any, Any, bool]] = [
    ("AWS's defaults", DEFINITIONS, json.dumps([CONTAINER]), json.dumps([{
        "name": "service", "image": "i", "cpu": 0, "essential": True, "mountPoints": [], "volumesFrom": [],
        "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
    }]), True),
    ("environment in any order", DEFINITIONS,
     json.dumps([CONTAINER | {"environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}]),
     json.dumps([CONTAINER | {"environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]}]), True),
    ("a command's order counts", DEFINITIONS,
     json.dumps([CONTAINER | {"command": ["a", "b"]}]), json.dumps([CONTAINER | {"command": ["b", "a"]}]), False),
    ("revision by ARN", REVISION, "arn:aws:ecs:r:a:task-definition/f:7", "f:7", True),
    ("another revision", REVISION, "f:8", "f:7", False),
    ("a minor version runs", database.INSTANCE.properties["engineVersion"], "17", "17.6", True),
    ("but not another major one", database.INSTANCE.properties["engineVersion"], "1", "17.6", False),
    ("IAM's list of one", identity.ROLE_POLICY.properties["policy"], '{"Action": ["a"]}', '{"Action": "a"}', True),
    ("unknown is never the same", Property(), UNKNOWN, UNKNOWN, False),
]  # fmt: skip


@pytest.mark.parametrize(("prop", "wanted", "current", "equal"), [c[1:] for c in SAME], ids=[c[0] for c in SAME])
def test_same(prop: Property, wanted: Any, current: Any, equal: bool) -> None:
    assert same(prop, wanted, current) is equal


REFRESHED: list[tuple[str, Any, Any, Any]] = [
    ("the same", 30, "30", 30),
    ("drift", 30, 60, 60),
    ("gone", "a", None, None),
    ("off and not mentioned", False, None, False),
    ("members never named", {"path": "/"}, {"path": "/", "port": "80"}, {"path": "/"}),
    ("drift of a named member", {"path": "/"}, {"path": "/x", "port": "80"}, {"path": "/x"}),
    ("one more element", [{"name": "a", "value": "1"}],
     [{"name": "a", "value": "1", "source": "user"}, {"name": "b", "value": "2", "source": "user"}],
     [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]),
    ("members never named inside an element", [{"type": "redirect", "redirect": {"port": "443"}}],
     [{"type": "redirect", "order": 1, "redirect": {"port": "443", "host": "#{host}"}}],
     [{"type": "redirect", "redirect": {"port": "443"}}]),
    ("order", ["a", "b"], ["b", "a"], ["a", "b"]),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "seen", "now"), [c[1:] for c in REFRESHED], ids=[c[0] for c in REFRESHED])
def test_refreshed(wanted: Any, seen: Any, now: Any) -> None:
    assert refreshed(Property(), wanted, seen) == now


def test_a_rules_target_may_change_its_kind() -> None:
    before = {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}
    after = {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}
    found = diff(network.ROUTE, before, after)
    assert (found.diffs, found.replaces) == (["gatewayId", "natGatewayId"], [])
    assert diff(security.INGRESS_RULE, {"securityGroupId": "a"}, {"securityGroupId": "b"}).replaces == [
        "securityGroupId"
    ]
