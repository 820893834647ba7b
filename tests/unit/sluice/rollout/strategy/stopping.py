"""Tasks of the new version that stop while users reach it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.unit.sluice.rollout.strategy.deployments import NEW
from tests.unit.sluice.rollout.strategy.shifting import Stage

CRASHED = {
    "taskArn": "arn:task/1",
    "taskDefinitionArn": NEW,
    "startedBy": "ecs-svc/2",
    "stopCode": "EssentialContainerExited",
    "stoppedReason": "Essential container in task exited",
}


def stopping(stage: Stage, seconds: float, task: Mapping[str, Any]) -> None:
    """A task of the new version stops so many seconds after all users were shifted to it."""
    cloud = stage.cloud

    def paginate(**given: Any) -> list[dict[str, Any]]:
        gone = any(share == 100.0 and stage.clock.now() >= at + seconds for at, _, share in cloud.users)
        return [{"taskArns": ["arn:task/1"] if gone and given.get("desiredStatus") == "STOPPED" else []}]

    def describe_tasks(cluster: str, tasks: Sequence[str]) -> dict[str, Any]:
        return {"tasks": [dict(task)] if tasks else []}

    cloud.paginate = paginate  # type: ignore[method-assign]
    cloud.describe_tasks = describe_tasks  # type: ignore[attr-defined]
