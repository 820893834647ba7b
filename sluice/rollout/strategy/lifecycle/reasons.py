"""What ECS's reason for ending a service deployment means, and the fix. Pure.

Source: "Troubleshooting Amazon ECS blue/green deployments".
"""

from __future__ import annotations

import re

from sluice.diagnosis.exit_code import Advice

_SETTINGS = "run `pulumi up --refresh`, which restores rules, target groups and role"
_WEIGHTS = (
    "set the rule's weights back with `aws elbv2 modify-rule`: 100 for the target group of the serving tasks, 0 for "
    "the other"
)

_KNOWN: tuple[tuple[str, str, Advice], ...] = (
    (
        "pause timed out",
        r"pause hook timed out",
        Advice(
            "nobody answered the pause in time: the deployer ended before its proofs did, or nobody approved",
            "keep the deployer running (`sluice status` shows a pause and its end), or raise service.pauseMinutes",
        ),
    ),
    (
        "role",
        r"is not authorized to perform",
        Advice(
            "the infrastructure role of the service lacks a permission that ECS needs to shift traffic",
            "attach AmazonECSInfrastructureRolePolicyForLoadBalancers to it; " + _SETTINGS,
        ),
    ),
    (
        "two target groups serve",
        r"exactly one target group serving traffic",
        Advice("the production rule sends users to both target groups", _WEIGHTS),
    ),
    (
        "unexpected target group",
        r"forwarding traffic to unexpected target group|unexpected target group",
        Advice("a listener rule forwards to another target group than ECS expects", _WEIGHTS),
    ),
    (
        "rule's ARN",
        r"productionListenerRule has an invalid ARN|testListenerRule.*(invalid|required)|must be RuleArn",
        Advice("the service names a listener where a listener rule is needed, or the other way round", _SETTINGS),
    ),
    (
        "rule missing",
        r"(rule|listener).*(not found|does not exist)|RuleNotFound|TargetGroupNotFound",
        Advice("a listener rule or a target group of the service was deleted", _SETTINGS),
    ),
    (
        "hook failed",
        r"pause hook|lifecycle hook\(?s?\)? failed",
        Advice(
            "a lifecycle hook failed: a pause was answered with ROLLBACK outside the gate, or a Lambda function failed",
            "look in CloudTrail who called ContinueServiceDeployment, or read the function's log",
        ),
    ),
)


def explained(reason: str) -> tuple[str, Advice] | None:
    """Return class, cause and fix of a known reason; None: the tasks say more."""
    for name, pattern, advice in _KNOWN:
        if re.search(pattern, reason, re.IGNORECASE):
            return name, advice
    return None
