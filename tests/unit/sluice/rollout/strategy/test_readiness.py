"""What brings a revision to a service that shifts traffic, and what refuses it before anything moves."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.rollout.deployment.judge import Deploy, Impossible, Watch
from sluice.rollout.deployment.shape import Shape
from sluice.rollout.strategy.lifecycle.hooks import own_stages, wrong_hooks
from sluice.rollout.strategy.lifecycle.weights import header_of, weights_of, wrong_weights
from sluice.rollout.strategy.readiness import Await, Step, Undo, next_step
from tests.unit.sluice.inputs.strategies import ALTERNATE, PRIMARY
from tests.unit.sluice.rollout.strategy.deployments import ARN, NEW, OLD, deployment, hooks, listed, service, strategy

BLUE_GREEN, CANARY = strategy(), strategy("canary")


@pytest.mark.parametrize(
    ("name", "primary", "latest", "expected"),
    [
        ("calm", listed(1, OLD), None, Deploy(force=False)),
        ("calm, recorded", listed(2, OLD), ("SUCCESSFUL", "CLEAN_UP", 100), Deploy(force=False)),
        ("ours goes on", listed(2, NEW, state="IN_PROGRESS"), ("IN_PROGRESS", "SCALE_UP"), Watch("ecs-svc/2")),
        ("ours waits", listed(2, NEW), ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]), Watch("ecs-svc/2")),
        ("ours is done", listed(2, NEW), ("SUCCESSFUL", "CLEAN_UP", 100), Watch("ecs-svc/2")),
        ("ours, forgotten by ECS", listed(2, NEW), None, Watch("ecs-svc/2")),
        ("ours was rolled back", listed(2, NEW), ("ROLLBACK_SUCCESSFUL",), Deploy(force=True)),
        ("ours was stopped", listed(2, NEW), ("STOPPED",), Deploy(force=True)),
        ("ours was rolled back, the old one is primary", listed(1, OLD), ("ROLLBACK_SUCCESSFUL",), Deploy(force=False)),
        ("ours is being rolled back", listed(2, NEW), ("ROLLBACK_IN_PROGRESS",), Await),
        ("another is being stopped", listed(1, OLD), ("STOP_REQUESTED",), Await),
        (
            "another waits, no user on it: it is superseded",
            listed(2, OLD),
            ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]),
            Deploy(force=False),
        ),
        ("another has users", listed(2, OLD), ("IN_PROGRESS", "PRE_PRODUCTION_TRAFFIC_SHIFT", 10, ["h"]), Undo),
        ("another has all users", listed(2, OLD), ("IN_PROGRESS", "BAKE_TIME", 100), Undo),
        (
            "ours is the revision that ECS restored, and failed before",
            listed(9, NEW, state="FAILED"),
            ("ROLLBACK_SUCCESSFUL",),
            Deploy(force=True),
        ),
        ("ours is the revision that ECS restored", listed(9, NEW), ("ROLLBACK_SUCCESSFUL",), Watch("ecs-svc/9")),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_next_step(name: str, primary: dict[str, Any], latest: Any, expected: Step | type) -> None:
    seen = next_step(service(BLUE_GREEN, primary), deployment(*latest) if latest else None, NEW, BLUE_GREEN)
    assert isinstance(seen, expected) if isinstance(expected, type) else seen == expected
    if isinstance(seen, Undo):
        assert seen.arn == ARN


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (None, "it does not exist"),
        ({"status": "DRAINING"}, "it is DRAINING"),
        ({"desiredCount": 0}, "its desired count is 0"),
        ({"deploymentConfiguration": {"strategy": "ROLLING"}}, "its strategy is ROLLING instead of BLUE_GREEN"),
        ({"deploymentConfiguration": {}}, "its strategy is ROLLING instead of BLUE_GREEN"),
        (
            {"deploymentConfiguration": {"strategy": "BLUE_GREEN", "lifecycleHooks": []}},
            "it has no PAUSE hook at POST_TEST_TRAFFIC_SHIFT",
        ),
    ],
)
def test_refused(changes: dict[str, Any] | None, said: str) -> None:
    seen = service(BLUE_GREEN, listed(1, OLD)) | changes if changes is not None else None
    step = next_step(seen, None, NEW, BLUE_GREEN)
    assert isinstance(step, Impossible)
    assert said in step.reason


def test_another_network_is_sent_again_although_the_revision_is_the_same() -> None:
    network = {"awsvpcConfiguration": {"subnets": ["a"], "securityGroups": ["g"], "assignPublicIp": "ENABLED"}}
    shape = Shape({"subnets": ["a", "b"], "securityGroups": ["g"], "assignPublicIp": "ENABLED"})
    seen = service(BLUE_GREEN, listed(2, NEW) | {"networkConfiguration": network})
    step = next_step(seen, deployment("SUCCESSFUL"), NEW, BLUE_GREEN, shape)
    assert isinstance(step, Deploy)
    assert step.changes["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == ["a", "b"]


def test_the_other_target_group_is_no_difference_and_another_port_is() -> None:
    def entry(group: str, alternate: str, port: int) -> dict[str, Any]:
        advanced = {"alternateTargetGroupArn": alternate, "productionListenerRule": "r"}
        return {
            "targetGroupArn": group,
            "containerName": "app",
            "containerPort": port,
            "advancedConfiguration": advanced,
        }

    wanted = Shape(load_balancers=(entry(PRIMARY, ALTERNATE, 8080),))
    assert wanted.missing_in(Shape(load_balancers=(entry(ALTERNATE, PRIMARY, 8080),))) == {}
    assert wanted.missing_in(Shape(load_balancers=(entry(PRIMARY, ALTERNATE, 80),))) == {
        "loadBalancers": [entry(PRIMARY, ALTERNATE, 8080)]
    }


def test_the_pauses_of_a_strategy() -> None:
    assert own_stages(BLUE_GREEN) == ("POST_TEST_TRAFFIC_SHIFT",)
    assert own_stages(CANARY) == ("POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT")
    assert own_stages(strategy("linear", guard=True))[0] == "PRE_SCALE_UP"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], ""),
        ([{"lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}], "2 PAUSE hooks at POST_TEST_TRAFFIC_SHIFT"),
        ([{"lifecycleStages": ["POST_SCALE_UP"], "targetType": "PAUSE"}], ""),
        ([{"lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"], "targetType": "AWS_LAMBDA"}], ""),
        ([{"lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"], "hookTargetArn": "arn:lambda"}], ""),
    ],
)
def test_hooks_of_others(changes: list[dict[str, Any]], said: str) -> None:
    seen = service(CANARY, listed(1, OLD))
    seen["deploymentConfiguration"]["lifecycleHooks"] += changes
    assert wrong_hooks(seen, CANARY).find(said) >= 0 if said else wrong_hooks(seen, CANARY) == ""


def test_a_pause_that_goes_on_by_itself_is_refused_and_one_without_details_is_taken() -> None:
    seen = service(CANARY, listed(1, OLD))
    configured = seen["deploymentConfiguration"]["lifecycleHooks"]
    configured[0]["timeoutConfiguration"]["action"] = "CONTINUE"
    assert "goes on by itself when it times out" in wrong_hooks(seen, CANARY)
    seen["deploymentConfiguration"]["lifecycleHooks"] = [
        {"lifecycleStages": one["lifecycleStages"]} for one in hooks(CANARY)
    ]
    assert wrong_hooks(seen, CANARY) == ""


@pytest.mark.parametrize(
    ("weights", "believed", "healthy", "said"),
    [
        ({PRIMARY: 100, ALTERNATE: 0}, PRIMARY, 2, ""),
        ({PRIMARY: 1, ALTERNATE: 0}, "", None, ""),
        ({ALTERNATE: 100, PRIMARY: 0}, ALTERNATE, 2, ""),
        ({PRIMARY: 50, ALTERNATE: 50}, PRIMARY, 2, "2 target groups (notes 50, notes-b 50)"),
        ({PRIMARY: 0, ALTERNATE: 0}, PRIMARY, 2, "0 target groups"),
        ({}, PRIMARY, 2, "0 target groups (no target group)"),
        ({ALTERNATE: 1, PRIMARY: 0}, PRIMARY, 2, "to notes-b, but ECS last deployed to notes"),
        ({PRIMARY: 1, ALTERNATE: 0}, "", 0, "notes, which has no healthy target"),
        ({"arn:x:targetgroup/other/9": 1}, "", 2, "other, which is no target group of this service"),
    ],
)
def test_weights(weights: dict[str, int], believed: str, healthy: int | None, said: str) -> None:
    wrong = wrong_weights(BLUE_GREEN, weights, believed, healthy)
    assert said in wrong if said else wrong == ""


def test_the_weights_and_the_header_of_a_rule() -> None:
    groups = [{"TargetGroupArn": "a", "Weight": 90}, {"TargetGroupArn": "b", "Weight": 10}]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    assert weights_of({"Actions": [{"Type": "authenticate-oidc"}, forward]}) == {"a": 90, "b": 10}
    assert weights_of({"Actions": [{"Type": "forward", "TargetGroupArn": "a"}]}) == {"a": 1}
    assert weights_of({"Actions": [{"Type": "fixed-response"}]}) == {}
    header = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Sluice-Test", "Values": ["hush"]}}
    assert header_of({"Conditions": [{"Field": "path-pattern"}, header]}) == ("X-Sluice-Test", "hush")
    assert header_of({"Conditions": []}) is None
