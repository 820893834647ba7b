"""What CreateService and UpdateService refuse at once, and what rolls a deployment back when it begins."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud.ecs.strategies import configuration, wiring
from emulator.cloud.ecs.strategies.wiring import Rule

RULE = "arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/alb/1/2/"
P, T, LISTENER = f"{RULE}production", f"{RULE}test", "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/alb/1/2"
BALANCER = {
    "targetGroupArn": "tg/primary",
    "containerName": "app",
    "containerPort": 80,
    "advancedConfiguration": {
        "alternateTargetGroupArn": "tg/alternate",
        "productionListenerRule": P,
        "testListenerRule": T,
        "roleArn": "role",
    },
}
BOTH = {P: Rule({"tg/primary": 1, "tg/alternate": 0}), T: Rule({"tg/alternate": 1})}


def paused(stage: str = "POST_TEST_TRAFFIC_SHIFT", **more: Any) -> dict[str, Any]:
    return {"targetType": "PAUSE", "lifecycleStages": [stage], **more}


def blue_green(**more: Any) -> dict[str, Any]:
    return {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, **more}


def advanced(**change: Any) -> dict[str, Any]:
    return {**BALANCER, "advancedConfiguration": {**BALANCER["advancedConfiguration"], **change}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("asked", "balancers", "code", "text"),
    [
        ({"strategy": "RED_BLACK"}, [], "InvalidParameterException", "Invalid strategy RED_BLACK"),
        ({"strategy": "BLUE_GREEN"}, [], "InvalidParameterException", "bakeTimeInMinutes is required"),
        (blue_green(bakeTimeInMinutes=1441), [], "InvalidParameterException", "between 0 and 1440"),
        ({"strategy": "LINEAR"}, [], "ClientException", "requires a load balancer"),
        ({"strategy": "CANARY"}, [], "ClientException", "requires a load balancer"),
        (
            {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}},
            [BALANCER],
            "InvalidParameterException",
            "stepPercent must be between 3.0 and 100.0",
        ),
        (
            {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.0}},
            [BALANCER],
            "InvalidParameterException",
            "canaryPercent must be between 0.1 and 100.0",
        ),
        (
            {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 1.25}},
            [BALANCER],
            "InvalidParameterException",
            "multiple of 0.1",
        ),
        (
            {"strategy": "CANARY", "canaryConfiguration": {"canaryBakeTimeInMinutes": 1441}},
            [BALANCER],
            "InvalidParameterException",
            "between 0 and 1440",
        ),
        (
            blue_green(canaryConfiguration={"canaryPercent": 5}),
            [],
            "InvalidParameterException",
            "only valid with the CANARY",
        ),
        (
            blue_green(lifecycleHooks=[paused("TEST_TRAFFIC_SHIFT")]),
            [],
            "InvalidParameterException",
            "Invalid lifecycle stage provided for Pause Hook",
        ),
        (
            blue_green(lifecycleHooks=[paused("PRODUCTION_TRAFFIC_SHIFT")]),
            [],
            "InvalidParameterException",
            "Invalid lifecycle stage provided for Pause Hook",
        ),
        (
            blue_green(lifecycleHooks=[{"targetType": "EMAIL"}]),
            [],
            "InvalidParameterException",
            "Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE",
        ),
        (
            blue_green(lifecycleHooks=[{"hookTargetArn": "f", "lifecycleStages": ["PRE_SCALE_UP"]}]),
            [],
            "UnsupportedFeatureException",
            "runs no functions",
        ),
        (
            blue_green(lifecycleHooks=[paused(timeoutConfiguration={"timeoutInMinutes": 20161, "action": "ROLLBACK"})]),
            [],
            "InvalidParameterException",
            "between 1 and 20160",
        ),
        (
            blue_green(lifecycleHooks=[paused(timeoutConfiguration={"timeoutInMinutes": 0, "action": "ROLLBACK"})]),
            [],
            "InvalidParameterException",
            "between 1 and 20160",
        ),
        (blue_green(lifecycleHooks=[paused()] * 11), [], "InvalidParameterException", "at most 10 pause hooks"),
        (
            blue_green(earlySuccessCriteria={"enable": True}),
            [],
            "InvalidParameterException",
            "only valid with the ROLLING",
        ),
    ],
)
def test_configurations_refused_at_once(
    asked: dict[str, Any], balancers: list[dict[str, Any]], code: str, text: str
) -> None:
    refused = configuration.refusal(asked, balancers)
    assert refused is not None
    assert refused[0] == code
    assert text in refused[1]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"strategy": "ROLLING", "lifecycleHooks": [paused("PRE_SCALE_UP")]},
        blue_green(bakeTimeInMinutes=1440, lifecycleHooks=[paused("PRE_PRODUCTION_TRAFFIC_SHIFT")] * 10),
        blue_green(lifecycleHooks=[paused(timeoutConfiguration={"timeoutInMinutes": 20160, "action": "CONTINUE"})]),
        {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 3.0, "stepBakeTimeInMinutes": 1440}},
        {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.1, "canaryBakeTimeInMinutes": 0}},
    ],
)
def test_configurations_that_are_taken(asked: dict[str, Any]) -> None:
    assert configuration.refusal(asked, [BALANCER]) is None


def test_what_an_update_does_not_name_stays() -> None:
    before = blue_green(lifecycleHooks=[paused()], maximumPercent=150)
    assert configuration.merged(before, {"maximumPercent": 200}) == {**before, "maximumPercent": 200}
    assert configuration.merged(before, {"lifecycleHooks": []})["lifecycleHooks"] == []
    canary = {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 5}}
    assert configuration.merged(canary, {"maximumPercent": 200}) == {**canary, "maximumPercent": 200}
    assert configuration.merged(canary, {"strategy": "LINEAR"}) == {"strategy": "LINEAR"}


@pytest.mark.parametrize(
    ("balancers", "rules", "text"),
    [
        ([{"targetGroupArn": "tg/primary"}], BOTH, "advancedConfiguration field is required for all loadBalancers"),
        ([BALANCER, {"targetGroupArn": "tg/other"}], BOTH, "Either all or none of the provided loadBalancers"),
        ([{**BALANCER, "loadBalancerName": "classic"}], BOTH, "not allowed with ELBv1"),
        ([advanced(productionListenerRule=LISTENER)], BOTH, "productionListenerRule has an invalid ARN format"),
        ([advanced(testListenerRule=LISTENER)], BOTH, "testListenerRule has an invalid ARN format"),
        ([advanced(testListenerRule=P)], BOTH, f"both production and test listener rules: {P}"),
        ([advanced(alternateTargetGroupArn="tg/primary")], BOTH, "Duplicate targetGroupArn found: tg/primary"),
        ([advanced(roleArn="")], BOTH, "roleArn"),
        ([advanced(testListenerRule="")], {P: Rule({"tg/primary": 1})}, "testListenerRule is required when"),
    ],
)
def test_wires_refused_at_once(balancers: list[dict[str, Any]], rules: dict[str, Rule], text: str) -> None:
    assert text in (wiring.refusal(balancers, "BLUE_GREEN", rules) or "")


def test_wires_that_are_taken() -> None:
    assert wiring.refusal([BALANCER], "BLUE_GREEN", BOTH) is None
    assert wiring.refusal([BALANCER], "ROLLING", BOTH) is None
    assert wiring.refusal([], "BLUE_GREEN", {}) is None
    assert wiring.refusal([{"targetGroupArn": "tg/primary"}], "ROLLING", {}) is None
    assert wiring.refusal([advanced(testListenerRule="")], "BLUE_GREEN", BOTH) is None


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({T: BOTH[T]}, f"productionListenerRule {P} does not exist"),
        ({P: BOTH[P]}, f"testListenerRule {T} does not exist"),
        (
            {**BOTH, P: Rule({"tg/primary": 1, "tg/alternate": 1})},
            "should have exactly one target group serving traffic but found 2 target groups",
        ),
        (
            {**BOTH, P: Rule({"tg/primary": 0, "tg/alternate": 0})},
            "should have exactly one target group serving traffic but found 0 target groups",
        ),
        ({**BOTH, P: Rule({"tg/other": 1})}, "forwarding traffic to unexpected target group tg/other"),
        ({P: Rule({"tg/primary": 1}), T: Rule({"tg/primary": 1})}, "tg/alternate is not associated with either"),
        ({**BOTH, P: Rule({"tg/primary": 1, "tg/alternate": 0}, forwards=False)}, "must have forward actions only"),
    ],
)
def test_wires_that_roll_back(rules: dict[str, Rule], text: str) -> None:
    [one] = wiring.wires([BALANCER])
    because = wiring.mistake(one, rules) or ""
    assert because.startswith("of invalid networking configuration")
    assert text in because


@pytest.mark.parametrize(
    "rules",
    [
        BOTH,
        {**BOTH, P: Rule({"tg/primary": 0, "tg/alternate": 100})},
        {**BOTH, P: Rule({"tg/primary": 1})},
    ],
)
def test_wires_that_are_right(rules: dict[str, Rule]) -> None:
    """ECS counts the groups that serve; which of the two it is, it does not compare with what it believes."""
    assert wiring.mistake(wiring.wires([BALANCER])[0], rules) is None


def test_a_new_revision_gets_the_other_group() -> None:
    [one] = wiring.wires([BALANCER])
    assert [one.other(group) for group in (None, "tg/primary", "tg/alternate")] == [
        "tg/alternate",
        "tg/alternate",
        "tg/primary",
    ]
