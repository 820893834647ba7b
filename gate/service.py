"""An ECS service and its targets: look, deploy, stop going on.

IAM: ecs:DescribeServices and ecs:UpdateService on the service, iam:PassRole on the task and execution roles of the
revisions (``iam:PassedToService`` ecs-tasks.amazonaws.com), ecs:ListTasks and ecs:DescribeTasks (condition
ecs:cluster), ecs:DescribeTaskDefinition on ``*``, logs:GetLogEvents on the service's log group,
elasticloadbalancing:DescribeTargetHealth on ``*``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from gate.judge import TargetState, primary, target_state
from gate.logs import LogPlace, last_lines


class Service:
    """One service of a cluster. *name* may be its name or ARN."""

    def __init__(self, ecs: Any, elbv2: Any, logs: Any, cluster: str, name: str) -> None:
        self._ecs = ecs
        self._elbv2 = elbv2
        self._logs = logs
        self._cluster = cluster
        self._name = name

    def describe(self) -> dict[str, Any] | None:
        """The service as ECS shows it; None when there is none."""
        try:
            answer = self._ecs.describe_services(cluster=self._cluster, services=[self._name])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ClusterNotFoundException":
                return None
            raise
        return dict(answer["services"][0]) if answer.get("services") else None

    def deploy(self, task_definition: str, force: bool) -> str:
        """Starts a deployment and returns its id."""
        answer = self._ecs.update_service(
            cluster=self._cluster, service=self._name, taskDefinition=task_definition, forceNewDeployment=force
        )
        started = primary(answer["service"])
        return str(started["id"]) if started else ""

    def targets(self, target_group: str) -> TargetState:
        answer = self._elbv2.describe_target_health(TargetGroupArn=target_group)
        return target_state(answer["TargetHealthDescriptions"])

    def stopped_tasks(self, deployment: str, task_definition: str) -> list[dict[str, Any]]:
        """The deployment's tasks that have stopped, newest first. ECS keeps them for about an hour."""
        family = task_definition.rpartition("/")[2].partition(":")[0]
        arns: list[str] = self._ecs.list_tasks(cluster=self._cluster, family=family, desiredStatus="STOPPED")[
            "taskArns"
        ]
        if not arns:
            return []
        found = self._ecs.describe_tasks(cluster=self._cluster, tasks=arns[:100])["tasks"]
        ours = [task for task in found if task.get("startedBy") == deployment]
        return sorted(ours, key=lambda task: str(task.get("stoppedAt", "")), reverse=True)

    def last_lines(self, task: Mapping[str, Any]) -> list[str]:
        """The end of a task's log, from the first container that logs to CloudWatch."""
        definition = self._ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
        for container in definition["containerDefinitions"]:
            place = LogPlace.of(container)
            if place is not None:
                return last_lines(self._logs, place.group, place.stream(task["taskArn"]))
        return []


def stop_reasons(tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why tasks stopped, each reason once with its count."""
    counts: dict[str, int] = {}
    for task in tasks:
        codes = [
            f"container {one['name']} exit code {one['exitCode']}"
            for one in task.get("containers", [])
            if one.get("exitCode") is not None
        ]
        text = "; ".join([str(task.get("stoppedReason") or task.get("stopCode") or "no reason given"), *codes])
        counts[text] = counts.get(text, 0) + 1
    return [f"{count} × {text}" for text, count in counts.items()]
