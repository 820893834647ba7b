"""What DescribeServiceDeployments shows of a deployment that shifts traffic.

AWS, ServiceDeployment, ServiceRevisionSummary, DeploymentLifecycleHookDetail, Rollback (ECS API reference). Whether
finished hooks are shown is not documented: here they are. A rolling deployment shows none of it.
"""

from __future__ import annotations

from typing import Any

from emulator.cloud.ecs.service import service_deployments
from emulator.cloud.ecs.service.service_deployments import ServiceDeployment
from emulator.cloud.ecs.strategies import stages
from emulator.cloud.ecs.strategies.hooks import PAUSE
from emulator.cloud.ecs.strategies.stages import State


def added(one: ServiceDeployment) -> dict[str, Any]:
    """The members that a deployment of ours has, beside those of every deployment."""
    state = one.state
    if state is None:
        return {}
    before, new = stages.wanted(state, int(one.service["desiredCount"]))
    answer: dict[str, Any] = {
        "targetServiceRevision": _revision(one, one.target.arn, new, state.production, state.test),
        "sourceServiceRevisions": [
            _revision(one, source.arn, before, 100 - state.production, 100 - state.test)
            if source is one.serving
            else _revision(one, source.arn, 0, 0, 0)
            for source in one.sources
        ],
    }
    if state.stage:
        answer["lifecycleStage"] = state.stage
    pauses = (*state.past, *state.pauses)
    if pauses:
        answer["lifecycleHookDetails"] = [
            {
                "hookId": pause.id,
                "targetType": PAUSE,
                "status": pause.status,
                "expiresAt": pause.expires,
                "timeoutAction": pause.action,
            }
            for pause in pauses
        ]
    if one.rollback_target is not None:
        answer["rollback"] = {
            "reason": stages.reason(state),
            "startedAt": one.rollback_began,
            "serviceRevisionArn": one.rollback_target.arn,
        }
    return answer


def reason(one: ServiceDeployment) -> str | None:
    """Its statusReason; None when there is none."""
    return stages.reason(one.state or State())


def _revision(one: ServiceDeployment, arn: str, tasks: int, production: float, test: float) -> dict[str, Any]:
    """A ServiceRevisionSummary. The weights are those that the stage asks for."""
    return {
        **service_deployments.counted(arn, one.service),
        "requestedTaskCount": tasks,
        "requestedProductionTrafficWeight": float(production),
        "requestedTestTrafficWeight": float(test),
    }
