"""What is asked of ECS and CloudWatch about a service, checked against the service models of botocore."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from gate.service import Service

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
    answer = {"service": {"deployments": [{"id": "ecs-svc/2", "status": "PRIMARY"}]}}
    with Stubber(ecs) as stub:
        stub.add_response("update_service", answer, request)
        assert service(ecs).deploy("td:2", False, {"networkConfiguration": network}) == "ecs-svc/2"


def test_ecs_own_record_is_found_read_and_stopped() -> None:
    ecs = client("ecs")
    listed = {"serviceDeploymentArn": ARN, "createdAt": datetime.fromtimestamp(1_000, UTC), "status": "IN_PROGRESS"}
    record = {
        "serviceDeploymentArn": ARN,
        "status": "ROLLBACK_SUCCESSFUL",
        "deploymentCircuitBreaker": {"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
    }
    asked = {"cluster": CLUSTER, "service": NAME, "maxResults": 10}
    with Stubber(ecs) as stub:
        stub.add_response("list_service_deployments", {"serviceDeployments": [listed]}, asked)
        stub.add_response("list_service_deployments", {"serviceDeployments": []}, asked)
        described = {"serviceDeployments": [record]}
        stub.add_response("describe_service_deployments", described, {"serviceDeploymentArns": [ARN]})
        stub.add_response("describe_service_deployments", {"failures": []}, {"serviceDeploymentArns": [ARN]})
        stop = {"serviceDeploymentArn": ARN, "stopType": "ROLLBACK"}
        stub.add_response("stop_service_deployment", {"serviceDeploymentArn": ARN}, stop)
        there = service(ecs)
        assert there.service_deployment(900) == ARN
        assert there.service_deployment(900) == ""
        assert there.service_deployment_evidence(ARN) == ["the circuit breaker ended it: 3 of 3 tasks failed"]
        assert there.service_deployment_evidence(ARN) == []
        there.stop_deployment(ARN)


def test_alarms_that_ring() -> None:
    cloudwatch = client("cloudwatch")
    seen = {"deploymentConfiguration": {"alarms": {"enable": True, "rollback": True, "alarmNames": ["a", "b"]}}}
    asked = {"AlarmNames": ["a", "b"], "StateValue": "ALARM", "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    answer = {"MetricAlarms": [{"AlarmName": "b"}], "CompositeAlarms": [{"AlarmName": "a"}]}
    with Stubber(cloudwatch) as stub:
        stub.add_response("describe_alarms", answer, asked)
        assert service(None, cloudwatch).ringing(seen) == ["a", "b"]


@pytest.mark.parametrize(
    "seen", [None, {}, {"deploymentConfiguration": {"alarms": {"enable": False, "alarmNames": ["a"]}}}]
)
def test_nobody_is_asked_about_alarms_that_a_service_does_not_have(seen: dict[str, Any] | None) -> None:
    with Stubber(cloudwatch := client("cloudwatch")):
        assert service(None, cloudwatch).ringing(seen) == []
