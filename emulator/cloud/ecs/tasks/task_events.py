"""EventBridge hears of every task that stopped.

AWS, "Amazon ECS task state change events" (developer guide): source `aws.ecs`, detail-type `ECS Task State Change`, and
as detail the task in the shape of DescribeTasks. AWS tells of every change of state, here only of the last one.
MiniStack tells of none.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import eventbridge


def stopped(task: dict[str, Any]) -> None:
    """Put the event on the account's default bus."""
    detail = {name: value for name, value in task.items() if not name.startswith("_")}
    eventbridge._put_events(
        {
            "Entries": [
                {
                    "Source": "aws.ecs",
                    "DetailType": "ECS Task State Change",
                    "Detail": json.dumps(detail, default=str),
                    "Resources": [task["taskArn"]],
                }
            ]
        },
        allow_aws_source=True,
    )
