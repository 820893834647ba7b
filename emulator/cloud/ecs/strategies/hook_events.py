"""EventBridge hears of every pause that begins and ends.

AWS, "Amazon ECS hook state change events" (developer guide): source `aws.ecs`, detail-type `ECS Hook State Change`,
resource the service deployment. MiniStack has no hooks.
"""

from __future__ import annotations

import datetime
import json

from ministack.services import eventbridge

from emulator.cloud.ecs.service.service_deployments import ServiceDeployment
from emulator.cloud.ecs.strategies import hooks
from emulator.cloud.ecs.strategies.hooks import Pause
from emulator.cloud.ecs.strategies.stages import State

_NAMES = {
    hooks.AWAITING: "HOOK_AWAITING_ACTION",
    hooks.SUCCEEDED: "HOOK_SUCCEEDED",
    hooks.FAILED: "HOOK_FAILED",
    hooks.TIMED_OUT: "HOOK_TIMED_OUT",
}


def changed(made: ServiceDeployment, before: State, after: State) -> None:
    """Put one event on the account's default bus for every pause whose status is new."""
    known = {one.id: one.status for one in (*before.past, *before.pauses)}
    for one in (*after.past, *after.pauses):
        if known.get(one.id) != one.status:
            _put(made, one)


def _put(made: ServiceDeployment, pause: Pause) -> None:
    now = datetime.datetime.now(datetime.UTC)
    detail = {
        "eventType": "INFO" if pause.status in (hooks.AWAITING, hooks.SUCCEEDED) else "ERROR",
        "eventName": _NAMES[pause.status],
        "hookId": pause.id,
        "hookType": hooks.PAUSE,
        "expiresAt": datetime.datetime.fromtimestamp(pause.expires, datetime.UTC).isoformat(),
        "lifecycleStage": pause.stage,
        "clusterArn": made.service["clusterArn"],
        "serviceArn": made.service["serviceArn"],
        "serviceDeploymentArn": made.arn,
        "updatedAt": now.isoformat(),
    }
    eventbridge._put_events(
        {
            "Entries": [
                {
                    "Source": "aws.ecs",
                    "DetailType": "ECS Hook State Change",
                    "Detail": json.dumps(detail),
                    "Resources": [made.arn],
                }
            ]
        },
        allow_aws_source=True,
    )
