"""The first of the two steps from rolling to another strategy, and the last one back: a rolling deployment that changes
how the load balancer is wired, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.rollout.deployment.judge import Deploy, Watch, next_step
from sluice.rollout.deployment.shape import Shape
from tests.unit.sluice.rollout.test_judge import NEW, deployment, service, shaped

WIRED = {
    "alternateTargetGroupArn": "other",
    "productionListenerRule": "rule",
    "testListenerRule": "test",
    "roleArn": "role",
}


def entry(**more: Any) -> dict[str, Any]:
    return {"targetGroupArn": "t", "containerName": "c", "containerPort": 80, **more}


@pytest.mark.parametrize(
    ("wanted", "live", "deploys"),
    [
        (entry(), entry(), False),
        (entry(advancedConfiguration=WIRED), entry(), True),
        (entry(), entry(advancedConfiguration=WIRED), True),
        (entry(advancedConfiguration=WIRED), entry(advancedConfiguration=WIRED), False),
        (entry(advancedConfiguration=WIRED), entry(advancedConfiguration=dict(reversed(WIRED.items()))), False),
        (entry(advancedConfiguration=WIRED), entry(advancedConfiguration=WIRED | {"roleArn": "another"}), True),
        (entry(), entry(advancedConfiguration={}), False),
    ],
    ids=["rolling", "first step", "way back", "wired", "in any order", "another role", "empty"],
)
def test_other_wiring_is_deployed(wanted: dict[str, Any], live: dict[str, Any], deploys: bool) -> None:
    seen = service(shaped(deployment("1", NEW), "a")) | {"loadBalancers": [live]}
    step = next_step(seen, NEW, Shape(load_balancers=(wanted,)))
    if not deploys:
        assert isinstance(step, Watch)
        return
    assert isinstance(step, Deploy)
    assert step.changes == {"loadBalancers": [wanted]}
