"""What ECS's reasons mean: each sentence of its troubleshooting page."""

from __future__ import annotations

import pytest

from sluice.rollout.strategy.lifecycle.reasons import explained


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        (
            "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT pause hook timed out.",
            "pause timed out",
        ),
        ("Service deployment rolled back because PRE_SCALE_UP pause hook was rolled back.", "hook failed"),
        (
            "TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. User: arn:aws:sts::1:assumed-role/x/ECSNetworkingWithELB is "
            "not authorized to perform: elasticloadbalancing:ModifyRule",
            "role",
        ),
        ("The listener should have exactly one target group serving traffic but found 2", "two target groups serve"),
        ("Production listener rule is forwarding traffic to unexpected target group", "unexpected target group"),
        (
            "productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB",
            "rule's ARN",
        ),
        ("Listener rule arn:x was not found", "rule missing"),
        ("POST_SCALE_UP lifecycle hook(s) failed.", "hook failed"),
        ("Service deployment rolled back because the circuit breaker threshold was exceeded", None),
        ("Service deployment rolled back due to alarms: high-5xx", None),
        ("", None),
    ],
)
def test_explained(reason: str, name: str | None) -> None:
    found = explained(reason)
    assert (found[0] if found else None) == name
    if found:
        assert all(found[1])
