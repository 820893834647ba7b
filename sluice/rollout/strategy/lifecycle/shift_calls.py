"""The calls of a rollout that shifts traffic: its service deployment, its listener rules, its metrics.

IAM: ecs:ListServiceDeployments on the service; ecs:DescribeServiceDeployments, ecs:ContinueServiceDeployment and
ecs:StopServiceDeployment on the service and its service deployments; ecs:DescribeServiceRevisions on the service's
revisions; elasticloadbalancing:DescribeRules on ``*``; cloudwatch:GetMetricData on ``*``, only for canary and linear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from statistics import median
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.answers import IncompleteAnswer, StaleAnswer
from sluice.aws.observation import Dated
from sluice.inputs.strategy import Header
from sluice.rollout.strategy.lifecycle.service_deployment import ServiceDeployment
from sluice.rollout.strategy.lifecycle.weights import header_of, weights_of
from sluice.rollout.strategy.step_analysis import Figures

PERIOD = 60
"""Seconds of a datapoint: the smallest that ``AWS/ApplicationELB`` has."""
_DONE = "either completed, unavailable, or not associated"
_TERMINAL = "terminal state"
_METRICS = (
    ("requests", "RequestCount", "Sum"),
    ("failed", "HTTPCode_Target_5XX_Count", "Sum"),
    ("refused", "TargetConnectionErrorCount", "Sum"),
    ("latency", "TargetResponseTime", "p95"),
    ("unhealthy", "UnHealthyHostCount", "Maximum"),
)


class ShiftCalls:
    """The calls about one service.

    Args:
        name: the service's name or ARN.
        now: seconds that never jump.
    """

    def __init__(
        self, ecs: Any, elbv2: Any, cloudwatch: Any, cluster: str, name: str, now: Callable[[], float]
    ) -> None:
        self._ecs = ecs
        self._elbv2 = elbv2
        self._cloudwatch = cloudwatch
        self._service = {"cluster": cluster, "service": name}
        self._now = now
        self._dated: dict[str, Dated] = {}

    def find(self, deployment: str) -> str:
        """ARN of the newest service deployment of ``ecs-svc/NUMBER``; empty when ECS lists none.

        The number is the last part of the ARN of the service revision that it deploys.
        """
        number = deployment.rpartition("/")[2]
        answer = self._ecs.list_service_deployments(**self._service, maxResults=100)
        return next(
            (
                str(one["serviceDeploymentArn"])
                for one in answer.get("serviceDeployments") or ()
                if str(one.get("targetServiceRevisionArn") or "").rpartition("/")[2] == number
            ),
            "",
        )

    def latest(self) -> ServiceDeployment | None:
        """The service's newest service deployment; None when ECS has none."""
        answer = self._ecs.list_service_deployments(**self._service, maxResults=100)
        found = answer.get("serviceDeployments") or ()
        newest = max(found, key=lambda one: one["createdAt"], default=None)
        return self.describe(str(newest["serviceDeploymentArn"])) if newest else None

    def describe(self, arn: str) -> ServiceDeployment | None:
        """The service deployment; None when there is none. Raises StaleAnswer when a newer answer is known already."""
        answer = self._ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        found = answer.get("serviceDeployments") or ()
        if not found:
            return None
        seen = ServiceDeployment.of(found[0])
        moment = max(seen.updated, seen.finished, seen.started, seen.created)
        if self._dated.setdefault(arn, Dated()).stale(moment, self._now()):
            raise StaleAnswer(operation="DescribeServiceDeployments", lacking="its updatedAt is older")
        return seen

    def revision(self, arn: str) -> dict[str, Any]:
        """The service revision, as DescribeServiceRevisions shows it; empty when there is none."""
        answer = self._ecs.describe_service_revisions(serviceRevisionArns=[arn])
        found = answer.get("serviceRevisions") or ()
        return dict(found[0]) if found else {}

    def group_of(self, revision: str) -> str:
        """ARN of the target group that ECS gave a service revision; empty when it does not say."""
        resolved = self.revision(revision).get("resolvedConfiguration") or {} if revision else {}
        found = [str(one.get("targetGroupArn") or "") for one in resolved.get("loadBalancers") or ()]
        return found[0] if found else ""

    def answer_pause(self, arn: str, hook: str, action: str) -> bool:
        """Continue or roll back at a pause. Return False when the pause no longer waits, or the deployment ended."""
        try:
            self._ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook, action=action)
        except ClientError as error:
            said = str(error.response.get("Error", {}).get("Message"))
            if _DONE in said or _TERMINAL in said:
                return False
            raise
        return True

    def weights(self, rule: str) -> dict[str, int]:
        """The target groups of a listener rule and their weights."""
        return weights_of(self._rule(rule))

    def header(self, rule: str) -> Header | None:
        """The header that a test rule matches; None when it matches none."""
        found = header_of(self._rule(rule))
        return Header(*found) if found else None

    def _rule(self, arn: str) -> Mapping[str, Any]:
        found = self._elbv2.describe_rules(RuleArns=[arn]).get("Rules") or ()
        if not found:
            raise IncompleteAnswer(operation="DescribeRules", lacking=f"nothing about {arn}")
        rule: Mapping[str, Any] = found[0]
        return rule

    def figures(self, load_balancer: str, target_group: str, since: float, until: float) -> Figures:
        """What CloudWatch says of a target group from *since* to *until*, seconds since the epoch. CloudWatch begins at
        the whole minute before *since* (GetMetricData, StartTime).

        Args:
            load_balancer: ``app/NAME/ID``.
            target_group: ``targetgroup/NAME/ID``.
        """
        dimensions = [{"Name": "LoadBalancer", "Value": load_balancer}, {"Name": "TargetGroup", "Value": target_group}]
        answer = self._cloudwatch.get_metric_data(
            StartTime=datetime.fromtimestamp(since, UTC),
            EndTime=datetime.fromtimestamp(until, UTC),
            MetricDataQueries=[
                {
                    "Id": name,
                    "MetricStat": {
                        "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": metric, "Dimensions": dimensions},
                        "Period": PERIOD,
                        "Stat": statistic,
                    },
                }
                for name, metric, statistic in _METRICS
            ],
        )
        values = {str(one["Id"]): [float(value) for value in one["Values"]] for one in answer["MetricDataResults"]}
        if missing := [name for name, _, _ in _METRICS if name not in values]:
            raise IncompleteAnswer(operation="GetMetricData", lacking=f"nothing about {missing[0]}")
        return Figures(
            requests=round(sum(values["requests"])),
            failed=round(sum(values["failed"]) + sum(values["refused"])),
            p95=median(values["latency"]) if values["latency"] else None,
            unhealthy=round(max(values["unhealthy"], default=0.0)),
        )
