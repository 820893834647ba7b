"""Breaches of the rules about strategies, and stacks that break none."""

from __future__ import annotations

from typing import Any

from tests.unit.policy.production import IGNORED, allow, pause, policy


def configured(strategy: str | None, *stages: str, action: str = "ROLLBACK") -> dict[str, Any]:
    """A service with another deployment configuration."""
    hooks = [pause(stage, action) for stage in stages]
    return {"changed": {"service": {"deploymentConfiguration": {"strategy": strategy, "lifecycleHooks": hooks}}}}


def granted(*actions: str) -> dict[str, Any]:
    """Another policy of the role by which ECS shifts traffic."""
    return {"changed": {"shifting": {"policy": policy(allow(list(actions), "arn:aws:elasticloadbalancing:::a/shop"))}}}


TEST, STEP = "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"

STRATEGIES: list[tuple[str, dict[str, Any], str, str]] = [
    ("pause-rolls-back", configured("CANARY", TEST, STEP, action="CONTINUE"), "service", "passes the gate"),
    ("proof-before-users", configured("BLUE_GREEN"), "service", f"does not pause at {TEST}"),
    ("proof-before-users", configured("BLUE_GREEN", STEP), "service", f"does not pause at {TEST}"),
    ("proof-before-users", configured("CANARY", TEST), "service", f"does not pause at {STEP}"),
    ("proof-before-users", configured("LINEAR", TEST), "service", f"does not pause at {STEP}"),
    (
        "proof-before-users",
        {
            "changed": {
                "service": {
                    "deploymentConfiguration": {
                        "strategy": "BLUE_GREEN",
                        "lifecycleHooks": [{"targetType": "AWS_LAMBDA", "lifecycleStages": [TEST]}],
                    }
                }
            }
        },
        "service",
        f"does not pause at {TEST}",
    ),
    ("proof-before-users", {"changed": {"rollout": {"strategy": None}}}, "service", "nobody continues"),
    (
        "proof-before-users",
        {"changed": {"service": {"loadBalancers": [{"advancedConfiguration": {}}]}}},
        "service",
        "no test rule",
    ),
    ("weights-of-ecs", {"ignored": IGNORED | {"service": ["taskDefinition"]}}, "service", "loadBalancers"),
    ("weights-of-ecs", {"ignored": IGNORED | {"production-rule": []}}, "production-rule", "empty target group"),
    (
        "weights-of-ecs",
        {"ignored": IGNORED | {"test-rule": ["actions[0].forward"]}},
        "test-rule",
        "empty target group",
    ),
    ("test-traffic-secret", {"needs": {"test-rule": {"conditions": []}}}, "test-rule", "written down"),
    ("test-traffic-secret", {"needs": {"test-rule": {"conditions": ["https"]}}}, "test-rule", "written down"),
    ("infrastructure-role", granted("elasticloadbalancing:DeleteRule"), "shifting", "DeleteRule"),
    ("infrastructure-role", granted("elasticloadbalancing:ModifyRule", "ecs:UpdateService"), "shifting", "ecs:Update"),
]
"""Rule, what is changed, about which resource, a part of what is said."""

FINE = {
    "rolling": configured(None),
    "rolling, said": configured("ROLLING"),
    "blue/green": configured("BLUE_GREEN", TEST),
    "linear with a guard": configured("LINEAR", "PRE_SCALE_UP", TEST, STEP),
    "a pause without an action, which AWS takes for ROLLBACK": {
        "changed": {
            "service": {
                "deploymentConfiguration": {
                    "strategy": "BLUE_GREEN",
                    "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": [TEST]}],
                }
            }
        }
    },
    "all that AWS's own policy allows": granted(
        "elasticloadbalancing:ModifyListener", "elasticloadbalancing:DeregisterTargets"
    ),
}
"""Stacks in which nothing is wrong."""
