"""Service deployments and services in the API's shapes, and the strategy that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sluice.inputs.strategy import ECS_NAMES, Strategy
from sluice.rollout.strategy.lifecycle.hooks import own_stages
from sluice.rollout.strategy.lifecycle.service_deployment import ServiceDeployment
from tests.unit.sluice.inputs.strategies import raw

ARN = "arn:aws:ecs:eu-central-1:123456789012:service-deployment/notes/web/abc"
REVISION = "arn:aws:ecs:eu-central-1:123456789012:service-revision/notes/web/2"
NEW, OLD = "arn:td/notes:8", "arn:td/notes:7"


def strategy(kind: str = "blueGreen", **changes: Any) -> Strategy:
    return Strategy.parse(raw(kind, **changes))


def answer(
    status: str = "IN_PROGRESS", stage: str = "", production: float = 0, pauses: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """An item of DescribeServiceDeployments. *pauses*: ids of the hooks that wait."""
    return {
        "serviceDeploymentArn": ARN,
        "status": status,
        "lifecycleStage": stage or None,
        "targetServiceRevision": {"arn": REVISION, "requestedProductionTrafficWeight": production},
        "lifecycleHookDetails": [
            {"hookId": hook, "targetType": "PAUSE", "status": "AWAITING_ACTION", "expiresAt": at(3600)}
            for hook in pauses
        ],
        "createdAt": at(0),
        "updatedAt": at(1),
    } | more


def deployment(*args: Any, **more: Any) -> ServiceDeployment:
    return ServiceDeployment.of(answer(*args, **more))


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(1_000_000 + seconds, UTC)


def hooks(given: Strategy) -> list[dict[str, Any]]:
    """The lifecycle hooks that a stack of this strategy declares."""
    return [
        {
            "targetType": "PAUSE",
            "lifecycleStages": [stage],
            "timeoutConfiguration": {"timeoutInMinutes": given.pause_minutes, "action": "ROLLBACK"},
        }
        for stage in own_stages(given)
    ]


def service(given: Strategy, *deployments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 2,
        "deployments": list(deployments),
        "deploymentConfiguration": {"strategy": ECS_NAMES[given.kind], "lifecycleHooks": hooks(given)},
    } | more


def listed(number: int, revision: str, status: str = "PRIMARY", state: str = "COMPLETED") -> dict[str, Any]:
    """An item of a service's ``deployments``."""
    return {
        "id": f"ecs-svc/{number}",
        "taskDefinition": revision,
        "status": status,
        "rolloutState": state,
        "createdAt": at(number),
        "runningCount": 2,
    }
