"""An ECS service and its targets: describe, deploy, stop a deployment.

IAM: ecs:DescribeServices and ecs:UpdateService on the service, iam:PassRole on the task and execution roles of the
revisions (``iam:PassedToService`` ecs-tasks.amazonaws.com), ecs:ListTasks and ecs:DescribeTasks (condition
ecs:cluster), ecs:DescribeTaskDefinition on ``*``, logs:GetLogEvents on the service's log group,
elasticloadbalancing:DescribeTargetHealth and
elasticloadbalancing:DescribeTargetGroups on ``*``; ecs:ListServiceDeployments, ecs:DescribeServiceDeployments and
ecs:StopServiceDeployment on the service and its service deployments; cloudwatch:DescribeAlarms on ``*``, only for a
service that has deployment alarms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.answers import IncompleteAnswer, StaleAnswer
from sluice.aws.logs import last_lines
from sluice.aws.observation import Dated, service_moment
from sluice.clock import steady
from sluice.diagnosis.log_place import LogPlace
from sluice.rollout.deployment.judge import TargetState, primary, target_state
from sluice.rollout.deployment.readings import Readings
from sluice.rollout.strategy.lifecycle.shift_calls import ShiftCalls


class Service:
    """One service of a cluster.

    Args:
        name: its name or ARN.
        now: seconds that never jump.
    """

    def __init__(
        self,
        ecs: Any,
        elbv2: Any,
        logs: Any,
        cluster: str,
        name: str,
        cloudwatch: Any = None,
        now: Callable[[], float] = steady,
    ) -> None:
        self._ecs = ecs
        self._elbv2 = elbv2
        self._logs = logs
        self._cluster = cluster
        self._name = name
        self._cloudwatch = cloudwatch
        self._now = now
        self._dated = Dated()
        self.readings = Readings(ecs, elbv2, logs, cluster)
        self.shift = ShiftCalls(ecs, elbv2, cloudwatch, cluster, name, now)

    def describe(self) -> dict[str, Any] | None:
        """The service as ECS shows it; None when there is none. Raises StaleAnswer when more is known already, and
        IncompleteAnswer when an active service has no deployment: ECS makes the first one with the service."""
        try:
            answer = self._ecs.describe_services(cluster=self._cluster, services=[self._name])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ClusterNotFoundException":
                return None
            raise
        if not answer.get("services"):
            return None
        service = dict(answer["services"][0])
        if service.get("status") == "ACTIVE" and primary(service) is None:
            raise IncompleteAnswer(operation="DescribeServices", lacking="an active service without a deployment")
        if self._dated.stale(service_moment(service), self._now()):
            raise StaleAnswer(operation="DescribeServices", lacking="it knows nothing of what was seen a moment ago")
        return service

    def deploy(self, task_definition: str, force: bool | None, changes: Mapping[str, Any] | None = None) -> str:
        """Starts a deployment and returns its id.

        Args:
            force: start one though nothing differs; None: leave the argument out.
            changes: more arguments of UpdateService.

        Raises:
            IncompleteAnswer: the answer does not show the deployment: then DescribeServices must.
        """
        forced = {} if force is None else {"forceNewDeployment": force}
        answer = self._ecs.update_service(
            cluster=self._cluster, service=self._name, taskDefinition=task_definition, **forced, **(changes or {})
        )
        started = primary(answer["service"])
        if started is None or started.get("taskDefinition") != task_definition:
            raise IncompleteAnswer(operation="UpdateService", lacking=f"no deployment of {task_definition}")
        return str(started["id"])

    def record(self, deployment: str) -> dict[str, Any] | None:
        """ECS' record of a deployment: status, circuit breaker, alarms, rollback; None when it has none.

        The number in ``ecs-svc/NUMBER`` is the last part of the ARN of the service revision that it deploys.
        """
        number, request = deployment.rpartition("/")[2], {"cluster": self._cluster, "service": self._name}
        answer = self._ecs.list_service_deployments(**request, maxResults=100)
        arns = [
            str(one["serviceDeploymentArn"])
            for one in answer.get("serviceDeployments") or ()
            if str(one.get("targetServiceRevisionArn") or "").rpartition("/")[2] == number
        ]
        if not arns:
            return None
        # The newest first: to deploy a service revision again is a deployment of its own.
        found = self._ecs.describe_service_deployments(serviceDeploymentArns=arns[:1]).get("serviceDeployments")
        return dict(found[0]) if found else None

    def stop_deployment(self, arn: str) -> None:
        """Have ECS roll back. Raises ConflictException when the deployment has ended."""
        self._ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")

    def in_alarm(self, seen: Mapping[str, Any] | None) -> list[str]:
        """Those of the service's deployment alarms that are in ALARM now: ECS ignores them for a deployment that
        begins now. Source: "How CloudWatch alarms detect Amazon ECS deployment failures"."""
        alarms = ((seen or {}).get("deploymentConfiguration") or {}).get("alarms") or {}
        names = list(alarms.get("alarmNames") or [])
        if not alarms.get("enable") or not names or self._cloudwatch is None:
            return []
        answer = self._cloudwatch.describe_alarms(
            AlarmNames=names[:100], StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        found = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        return sorted(str(one["AlarmName"]) for one in found)

    def targets(self, target_group: str) -> TargetState:
        answer = self._elbv2.describe_target_health(TargetGroupArn=target_group)
        return target_state(answer["TargetHealthDescriptions"])

    def stopped_tasks(self, deployment: str, task_definition: str) -> list[dict[str, Any]]:
        """The deployment's tasks that have stopped, newest first. ECS keeps them for about an hour."""
        family = task_definition.rpartition("/")[2].partition(":")[0]
        pages = self._ecs.get_paginator("list_tasks").paginate(
            cluster=self._cluster, family=family, desiredStatus="STOPPED"
        )
        arns = [str(arn) for page in pages for arn in page["taskArns"]]
        found: list[dict[str, Any]] = []
        for start in range(0, len(arns), 100):  # DescribeTasks takes a hundred
            found += self._ecs.describe_tasks(cluster=self._cluster, tasks=arns[start : start + 100])["tasks"]
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
