"""A service whose traffic ECS shifts, from the program's properties to the API's members and back."""

from __future__ import annotations

from typing import Any, cast

import botocore.session
import botocore.validate

from emulator.plugins.aws.comparison import canonical, managed
from emulator.plugins.aws.difference import difference
from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.mapping import flatten, parameters, receive
from emulator.plugins.aws.property import Operation
from emulator.plugins.aws.table.balancing import LISTENER_RULE
from emulator.plugins.aws.table.container import SERVICE
from sluice.protocol.resource import ResourceState

HOOK = {
    "targetType": "PAUSE",
    "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
    "timeoutConfiguration": {"timeoutInMinutes": "60", "action": "ROLLBACK"},
}
CANARY = {
    "strategy": "CANARY",
    "bakeTimeInMinutes": "5",
    "lifecycleHooks": [HOOK],
    "canaryConfiguration": {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": "3"},
}
INPUTS: dict[str, Any] = {
    "name": "shop",
    "cluster": "c",
    "deploymentConfiguration": CANARY,
    "loadBalancers": [
        {
            "targetGroupArn": "primary",
            "containerName": "app",
            "containerPort": 80,
            "advancedConfiguration": {
                "alternateTargetGroupArn": "alternate",
                "productionListenerRule": "production",
                "testListenerRule": "test",
                "roleArn": "role",
            },
        }
    ],
}


def sent(entry: Entry, operation: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a call, which botocore takes."""
    flat = flatten(entry, inputs)
    made = parameters(entry, operation, flat, list(flat), changing=False)
    entry.hooks.prepare(cast(Any, None), operation, made)
    return made


def valid(service: str, operation: str, params: dict[str, Any]) -> str:
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    return str(botocore.validate.ParamValidator().validate(params, model.input_shape).generate_report())


def test_a_service_sends_its_strategy_in_the_types_of_the_api() -> None:
    flat = flatten(SERVICE, INPUTS)
    made = parameters(SERVICE, SERVICE.create, flat, list(flat), changing=False)
    assert valid("ecs", "CreateService", made) == ""
    configuration = made["deploymentConfiguration"]
    assert configuration["canaryConfiguration"] == {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 3}
    assert configuration["bakeTimeInMinutes"] == 5
    assert configuration["lifecycleHooks"][0]["timeoutConfiguration"] == {"timeoutInMinutes": 60, "action": "ROLLBACK"}
    assert made["loadBalancers"][0]["advancedConfiguration"]["testListenerRule"] == "test"
    for name in flat:  # a refresh finds what was sent
        seen = receive(SERVICE, {**made, "clusterArn": "c"}, name)
        assert canonical(managed(flat[name], seen)) == canonical(flat[name]), name


def test_a_service_goes_back_to_rolling() -> None:
    """The hooks that are no longer named are no refusal: AWS keeps them, and a rolling deployment passes none."""
    rolling = {**INPUTS, "deploymentConfiguration": {"strategy": "ROLLING"}}
    old = ResourceState(inputs=INPUTS, outputs={})
    found = difference(SERVICE, "shop", old, rolling, "us-east-1", {})
    assert found.replaces == []
    assert set(found.diffs) == {
        f"deploymentConfiguration.{name}"
        for name in ("strategy", "bakeTimeInMinutes", "lifecycleHooks", "canaryConfiguration")
    }


def test_a_rule_names_the_field_of_each_condition() -> None:
    inputs = {
        "listenerArn": "listener",
        "priority": 1,
        "conditions": [
            {"pathPattern": {"values": ["*"]}},
            {"hostHeader": {"values": ["shop.example.com"]}},
            {"httpHeader": {"httpHeaderName": "X-Test", "values": ["secret"]}},
            {"httpRequestMethod": {"values": ["GET"]}},
        ],
        "actions": [
            {
                "type": "forward",
                "forward": {"targetGroups": [{"arn": "primary", "weight": 1}, {"arn": "alternate", "weight": 0}]},
            }
        ],
    }
    made = sent(LISTENER_RULE, LISTENER_RULE.create, inputs)
    assert valid("elbv2", "CreateRule", made) == ""
    assert [one["Field"] for one in made["Conditions"]] == [
        "path-pattern",
        "host-header",
        "http-header",
        "http-request-method",
    ]
    assert made["Actions"][0]["ForwardConfig"]["TargetGroups"] == [
        {"TargetGroupArn": "primary", "Weight": 1},
        {"TargetGroupArn": "alternate", "Weight": 0},
    ]
    for name in ("conditions", "actions"):
        seen = receive(LISTENER_RULE, made, name)
        assert canonical(managed(inputs[name], seen)) == canonical(inputs[name])
