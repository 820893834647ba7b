"""What is drift, and what the program leaves to Rollout and to autoscaling."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engine.drift import drifted

SERVICE = "urn:pulumi:prod::shop::sluice:components:Service$aws:ecs/service:Service::shop-prod"
ROLE = "urn:pulumi:prod::shop::aws:iam/role:Role::shop-prod-task"


def step(urn: str, op: str, *reasons: str, ignored: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"urn": urn, "op": op, "diffReasons": list(reasons) or None, "oldState": {"ignoreChanges": list(ignored)}}


OURS = ("taskDefinition", "loadBalancers", "desiredCount")


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([], []),
        ([step(ROLE, "refresh"), step(SERVICE, "same")], []),
        ([step(SERVICE, "update", "loadBalancers", "taskDefinition", ignored=OURS)], []),
        ([step(SERVICE, "update", "loadBalancers[0].containerPort", "desiredCount", ignored=OURS)], []),
        (
            [step(SERVICE, "update", "taskDefinition", "propagateTags", ignored=OURS)],
            ["aws:ecs/service:Service shop-prod: propagateTags"],
        ),
        ([step(ROLE, "update", "taskDefinition")], ["aws:iam/role:Role shop-prod-task: taskDefinition"]),
        (
            [step(SERVICE, "update", "loadBalancersElse", ignored=OURS)],
            ["aws:ecs/service:Service shop-prod: loadBalancersElse"],
        ),
        ([step(ROLE, "delete")], ["aws:iam/role:Role shop-prod-task: delete"]),
        ([{"urn": ROLE, "op": "update"}], ["aws:iam/role:Role shop-prod-task: update"]),
    ],
    ids=[
        "none",
        "as it was",
        "rolled out",
        "parts of it",
        "by hand, too",
        "not ignored",
        "alike",
        "gone",
        "no reasons",
    ],
)
def test_drift(steps: list[dict[str, Any]], found: list[str]) -> None:
    assert drifted(steps) == found
