"""How a revision is set up and what its tasks printed first: what a diagnosis of a rollout compares.

IAM: ecs:DescribeTaskDefinition and elasticloadbalancing:DescribeTargetGroups on ``*``, ecs:ListTasks and
ecs:DescribeTasks (condition ecs:cluster), logs:GetLogEvents on the service's log group.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.printed import Printed
from sluice.diagnosis.redaction.redact import redact

FIRST_LINES = 50
"""Events from the beginning of a log: a server says soon where it listens."""


class Readings:
    """Reads through the given boto3 clients, in one cluster."""

    def __init__(self, ecs: Any, elbv2: Any, logs: Any, cluster: str) -> None:
        self._ecs = ecs
        self._elbv2 = elbv2
        self._logs = logs
        self._cluster = cluster

    def definition(self, task_definition: str) -> dict[str, Any]:
        """The task definition, as DescribeTaskDefinition shows it."""
        return dict(self._ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"])

    def target_group(self, arn: str) -> dict[str, Any]:
        """The target group with its health check, as DescribeTargetGroups shows it; empty when there is none."""
        found = self._elbv2.describe_target_groups(TargetGroupArns=[arn]).get("TargetGroups") or [{}]
        return dict(found[0])

    def running_tasks(self, deployment: str) -> list[dict[str, Any]]:
        """The deployment's tasks that are wanted to run. `startedBy` allows no other filter (ListTasks)."""
        arns = self._ecs.list_tasks(cluster=self._cluster, startedBy=deployment).get("taskArns") or []
        if not arns:
            return []
        return list(self._ecs.describe_tasks(cluster=self._cluster, tasks=arns[:100])["tasks"])

    def first_lines(self, task: Mapping[str, Any], place: LogPlace) -> list[Printed]:
        """The beginning of a task's log; empty when it has none."""
        try:
            page = self._logs.get_log_events(
                logGroupName=place.group,
                logStreamName=place.stream(str(task["taskArn"])),
                startFromHead=True,
                limit=FIRST_LINES,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []
            raise
        return [
            Printed(float(event.get("timestamp") or 0) / 1000, redact(line.rstrip("\r")))
            for event in page.get("events") or []
            for line in str(event.get("message", "")).rstrip("\n").split("\n")
        ]
