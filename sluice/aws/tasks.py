"""One-off Fargate tasks: start, find, describe, stop.

IAM: ecs:RunTask on the migration's task definitions (condition ecs:cluster), iam:PassRole on its task and execution
roles, ecs:DescribeTasks and ecs:StopTask on ``task/CLUSTER/*``, ecs:ListTasks (condition ecs:cluster),
ecs:DescribeTaskDefinition on ``*``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sluice.diagnosis.verdict import Outcome, not_run, refused

STOP_TIMEOUT = 30


@dataclass(frozen=True)
class Place:
    """Cluster, task definition and network of a one-off task.

    Sources: ECS RunTask; NetworkConfiguration, where assignPublicIp is always set.

    Attributes:
        cluster: ARN.
        task_definition: revision ARN.
        container: the container whose command is replaced.
        subnets, security_groups: ids.
        assign_public_ip: whether the task gets a public address.
        service: the service's revision, whose ports are compared with a step that does not end; empty: unknown.
        stop_seconds: seconds that a task may run after it was asked to stop: see :func:`stop_seconds`.
    """

    cluster: str
    task_definition: str
    container: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    assign_public_ip: bool
    service: str = ""
    stop_seconds: int = STOP_TIMEOUT


def stop_seconds(definition: Mapping[str, Any]) -> int:
    """Return the seconds between SIGTERM and SIGKILL for a task: the longest `stopTimeout` of its containers.

    Source: ECS ContainerDefinition (Fargate: 30 s by default, at most 120 s).
    """
    return max(int(one.get("stopTimeout") or STOP_TIMEOUT) for one in definition["containerDefinitions"])


def token(record: str, step: str, shard: int, attempt: int) -> str:
    """Return clientToken and startedBy of one attempt: two requests for the same attempt start one task.

    32 hex digits: within clientToken's 64 and startedBy's character set (no ``:`` or ``.``).
    Source: ECS "Ensuring idempotency".
    """
    return hashlib.sha256(f"{record}\n{step}\n{shard}\n{attempt}".encode()).hexdigest()[:32]


class EcsTasks:
    """Tasks of one cluster."""

    def __init__(self, ecs: Any, cluster: str) -> None:
        self._ecs = ecs
        self._cluster = cluster

    def start(
        self,
        place: Place,
        command: Sequence[str],
        environment: Mapping[str, str],
        attempt_token: str,
    ) -> str | Outcome:
        """Start a task and return its ARN, or the outcome when ECS started none.

        The same token with the same parameters returns the same task. With other parameters ECS refuses and names the
        task that it started under that token, which is then returned.
        """
        environment_list = [{"name": name, "value": value} for name, value in sorted(environment.items())]
        try:
            answer = self._ecs.run_task(
                cluster=place.cluster,
                taskDefinition=place.task_definition,
                count=1,
                launchType="FARGATE",
                networkConfiguration={
                    "awsvpcConfiguration": {
                        "subnets": sorted(place.subnets),
                        "securityGroups": sorted(place.security_groups),
                        "assignPublicIp": "ENABLED" if place.assign_public_ip else "DISABLED",
                    }
                },
                overrides={
                    "containerOverrides": [
                        {
                            "name": place.container,
                            "command": list(command),
                            "environment": environment_list,
                        }
                    ]
                },
                startedBy=attempt_token,
                clientToken=attempt_token,
                propagateTags="TASK_DEFINITION",
            )
        except ClientError as error:
            response: Mapping[str, Any] = error.response
            if response["Error"]["Code"] == "ConflictException" and response.get("resourceIds"):
                return str(response["resourceIds"][0])
            refusal = _refused(error)
            if refusal is None:
                raise
            return refusal
        if answer.get("tasks"):
            return str(answer["tasks"][0]["taskArn"])
        return not_run(answer.get("failures") or [])

    def find(self, attempt_token: str, task_definition: str) -> str | None:
        """Return the ARN of the task that was started with the token, running or stopped; None without one.

        ``startedBy`` must be ListTasks' only filter and finds running tasks only; stopped tasks are listed by family
        and compared here. Source: ECS ListTasks.
        """
        running = self._ecs.list_tasks(cluster=self._cluster, startedBy=attempt_token)["taskArns"]
        if running:
            return str(running[0])
        family = task_definition.rpartition("/")[2].partition(":")[0]
        for desired in ("RUNNING", "STOPPED"):
            pages = self._ecs.get_paginator("list_tasks").paginate(
                cluster=self._cluster, family=family, desiredStatus=desired
            )
            for page in pages:
                for task in self.describe(page["taskArns"]).values():
                    if task.get("startedBy") == attempt_token:
                        return str(task["taskArn"])
        return None

    def describe(self, arns: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the tasks that ECS knows, by ARN. A task that was just started may be missing."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(arns), 100):  # DescribeTasks accepts a hundred
            answer = self._ecs.describe_tasks(cluster=self._cluster, tasks=list(arns[start : start + 100]))
            found.update({task["taskArn"]: task for task in answer["tasks"]})
        return found

    def stop(self, arn: str, reason: str) -> None:
        """Ask ECS to stop a task. DescribeTasks shows when it has stopped. A stopped task is no error."""
        try:
            self._ecs.stop_task(cluster=self._cluster, task=arn, reason=reason[:255])
        except ClientError as error:
            if "not found" not in str(error).lower() and "stopped" not in str(error).lower():
                raise

    def definition(self, task_definition: str) -> dict[str, Any]:
        answer = self._ecs.describe_task_definition(taskDefinition=task_definition)
        return dict(answer["taskDefinition"])


def _refused(error: ClientError) -> Outcome | None:
    """Return the outcome for a refusal of RunTask that concerns this task; None for errors of the call itself.

    A role that was created seconds ago may not be assumable yet (IAM is eventually consistent), and Fargate's limits
    are reported as exceptions or as failures[] with the same text.
    """
    return refused(error.response["Error"].get("Message", ""))
