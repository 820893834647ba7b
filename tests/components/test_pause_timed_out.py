"""The rule for pauses that timed out: somebody is told of a deployment that nobody let go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.monitoring.pause_timed_out import pattern
from tests.components.event_pattern import matches
from tests.components.program import Deployed

Deploy = Callable[..., Deployed]
EMAIL = {"email": ["ops@example.com"]}
CLUSTER = "arn:aws:ecs:eu-central-1:111122223333:cluster/shared"
DETAIL: dict[str, Any] = {
    "clusterArn": CLUSTER,
    "serviceArn": "arn:aws:ecs:eu-central-1:111122223333:service/shared/shop-prod-1a2b3c4",
    "hookType": "PAUSE",
    "eventName": "HOOK_TIMED_OUT",
    "lifecycleStage": "PRE_SCALE_UP",
}


def test_it_tells_the_topic_where_a_strategy_pauses(deploy: Deploy) -> None:
    deployed = deploy(notify=EMAIL, service={"strategy": "blueGreen"})
    rule = deployed.one("eventRule:EventRule", "-pause")
    assert json.loads(rule.inputs["eventPattern"])["detail"]["clusterArn"] == [
        deployed.one("ecs/service:Service").inputs["cluster"]
    ]
    assert deployed.one("eventTarget:EventTarget", "-pause").inputs["arn"] == deployed.outputs["topic"]


@pytest.mark.parametrize("changes", [{}, {"notify": EMAIL}, {"service": {"strategy": "blueGreen"}}])
def test_it_is_not_there_without_a_pause_or_without_anybody_to_tell(deploy: Deploy, changes: dict[str, Any]) -> None:
    assert [one for one in deploy(**changes).all("eventRule:EventRule") if one.name.endswith("-pause")] == []


@pytest.mark.parametrize(
    ("change", "matched"),
    [
        ({}, True),
        ({"lifecycleStage": "POST_TEST_TRAFFIC_SHIFT"}, True),
        ({"eventName": "HOOK_AWAITING_ACTION"}, False),
        ({"eventName": "HOOK_SUCCEEDED"}, False),
        ({"eventName": "HOOK_FAILED"}, False),
        ({"hookType": "AWS_LAMBDA"}, False),
        ({"serviceArn": DETAIL["serviceArn"].replace("shop-prod", "ledger")}, False),
        ({"clusterArn": CLUSTER + "-2"}, False),
    ],
)
def test_it_matches_timed_out_pauses_of_this_service(change: dict[str, Any], matched: bool) -> None:
    event = {"source": "aws.ecs", "detail-type": "ECS Hook State Change", "detail": DETAIL | change}
    assert matches(json.loads(pattern(CLUSTER, "shop-prod")), event) is matched
