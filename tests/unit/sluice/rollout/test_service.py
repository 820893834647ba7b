"""What is asked of ECS and CloudWatch about a service, checked against the service models of botocore."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from sluice.aws.answers import IncompleteAnswer, StaleAnswer
from sluice.rollout.deployment.service import Service

CLUSTER, NAME = "arn:aws:ecs:eu-west-1:123456789012:cluster/c", "notes"
ARN = "arn:aws:ecs:eu-west-1:123456789012:service-deployment/c/notes/AbC"


def client(service: str) -> Any:
    return boto3.client(service, region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")


def service(ecs: Any, cloudwatch: Any = None) -> Service:
    return Service(ecs, None, None, CLUSTER, NAME, cloudwatch)


def test_a_deployment_says_what_ecs_took_back() -> None:
    ecs = client("ecs")
    network = {"awsvpcConfiguration": {"subnets": ["a"], "securityGroups": [], "assignPublicIp": "DISABLED"}}
    request = {
        "cluster": CLUSTER,
        "service": NAME,
        "taskDefinition": "td:2",
        "forceNewDeployment": False,
        "networkConfiguration": network,
    }
    started = {"id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": "td:2"}
    before = {"id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": "td:1"}
    with Stubber(ecs) as stub:
        stub.add_response("update_service", {"service": {"deployments": [started]}}, request)
        assert service(ecs).deploy("td:2", False, {"networkConfiguration": network}) == "ecs-svc/2"
        for without in ([], [before]):
            stub.add_response("update_service", {"service": {"deployments": without}}, request)
            with pytest.raises(IncompleteAnswer, match="no deployment of td:2"):
                service(ecs).deploy("td:2", False, {"networkConfiguration": network})


def test_ecs_own_record_is_found_by_the_deployments_number_read_and_stopped() -> None:
    ecs = client("ecs")
    revision = "arn:aws:ecs:eu-west-1:123456789012:service-revision/c/notes/"
    when = datetime.fromtimestamp(1_000, UTC)
    newer = {"serviceDeploymentArn": f"{ARN}2", "targetServiceRevisionArn": f"{revision}4711", "startedAt": when}
    ours = {"serviceDeploymentArn": ARN, "targetServiceRevisionArn": f"{revision}42", "status": "IN_PROGRESS"}
    record = {"serviceDeploymentArn": ARN, "status": "ROLLBACK_SUCCESSFUL"}
    asked = {"cluster": CLUSTER, "service": NAME, "maxResults": 100}
    with Stubber(ecs) as stub:
        stub.add_response("list_service_deployments", {"serviceDeployments": [newer, ours]}, asked)
        stub.add_response(
            "describe_service_deployments", {"serviceDeployments": [record]}, {"serviceDeploymentArns": [ARN]}
        )
        stub.add_response("list_service_deployments", {"serviceDeployments": [newer]}, asked)
        stop = {"serviceDeploymentArn": ARN, "stopType": "ROLLBACK"}
        stub.add_response("stop_service_deployment", {"serviceDeploymentArn": ARN}, stop)
        there = service(ecs)
        assert there.record("ecs-svc/42") == record
        assert there.record("ecs-svc/42") is None
        there.stop_deployment(ARN)


def test_an_answer_from_before_what_was_seen_is_no_answer() -> None:
    ecs = client("ecs")

    def answer(second: int) -> dict[str, Any]:
        one = {"id": "ecs-svc/1", "status": "PRIMARY", "createdAt": datetime.fromtimestamp(second, UTC)}
        return {"services": [{"status": "ACTIVE", "deployments": [one]}]}

    now = iter((0.0, 1.0, 2.0, 40.0, 41.0))
    with Stubber(ecs) as stub:
        for second in (20, 8, 8, 8, 20):
            stub.add_response("describe_services", answer(second), {"cluster": CLUSTER, "services": [NAME]})
        there = Service(ecs, None, None, CLUSTER, NAME, now=lambda: next(now))
        assert there.describe() is not None
        for _ in range(2):
            with pytest.raises(StaleAnswer):
                there.describe()
        assert there.describe() is not None, "after half a minute it is taken as it is"
        assert there.describe() is not None


def test_an_active_service_without_a_deployment_is_no_answer() -> None:
    ecs = client("ecs")
    with Stubber(ecs) as stub:
        for status in ("ACTIVE", "INACTIVE"):
            answer: dict[str, Any] = {"services": [{"status": status, "deployments": []}]}
            stub.add_response("describe_services", answer, {"cluster": CLUSTER, "services": [NAME]})
        with pytest.raises(IncompleteAnswer, match="without a deployment"):
            service(ecs).describe()
        assert service(ecs).describe() is not None, "one that is gone has none"


def test_all_pages_of_stopped_tasks_are_read() -> None:
    ecs = client("ecs")
    asked = {"cluster": CLUSTER, "family": "n", "desiredStatus": "STOPPED"}
    arns = [f"arn:aws:ecs:eu-west-1:123456789012:task/c/{number:03}" for number in range(150)]
    with Stubber(ecs) as stub:
        stub.add_response("list_tasks", {"taskArns": arns[:100], "nextToken": "x"}, asked)
        stub.add_response("list_tasks", {"taskArns": arns[100:]}, asked | {"nextToken": "x"})
        for part in (arns[:100], arns[100:]):
            tasks = [{"taskArn": one, "startedBy": "ecs-svc/1"} for one in part]
            stub.add_response("describe_tasks", {"tasks": tasks}, {"cluster": CLUSTER, "tasks": part})
        assert len(service(ecs).stopped_tasks("ecs-svc/1", "arn:td/n:1")) == 150


def test_alarms_that_ring() -> None:
    cloudwatch = client("cloudwatch")
    seen = {"deploymentConfiguration": {"alarms": {"enable": True, "rollback": True, "alarmNames": ["a", "b"]}}}
    asked = {"AlarmNames": ["a", "b"], "StateValue": "ALARM", "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    answer = {"MetricAlarms": [{"AlarmName": "b"}], "CompositeAlarms": [{"AlarmName": "a"}]}
    with Stubber(cloudwatch) as stub:
        stub.add_response("describe_alarms", answer, asked)
        assert service(None, cloudwatch).in_alarm(seen) == ["a", "b"]


@pytest.mark.parametrize(
    "seen", [None, {}, {"deploymentConfiguration": {"alarms": {"enable": False, "alarmNames": ["a"]}}}]
)
def test_nobody_is_asked_about_alarms_that_a_service_does_not_have(seen: dict[str, Any] | None) -> None:
    with Stubber(cloudwatch := client("cloudwatch")):
        assert service(None, cloudwatch).in_alarm(seen) == []
