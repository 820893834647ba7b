"""How a revision is set up, read from answers in the APIs' shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.printed import Printed
from sluice.rollout.deployment.readings import Readings
from sluice.rollout.diagnosis.revision_setup import Setup, setup

CLUSTER, REVISION = "arn:cluster/notes", "arn:td/notes:8"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/notes/0123456789abcdef"
TASK = "arn:aws:ecs:eu-west-1:123456789012:task/notes/abc"
OPTIONS = {"awslogs-group": "/notes", "awslogs-stream-prefix": "service", "awslogs-region": "eu-west-1"}
DEFINITION: dict[str, Any] = {
    "memory": "512",
    "containerDefinitions": [
        {"name": "collector", "image": "c"},
        {
            "name": "app",
            "image": "a",
            "portMappings": [{"containerPort": 8000}, {"containerPort": 8080}],
            "healthCheck": {"command": ["CMD", "/app/live", "--now"], "startPeriod": 20},
            "logConfiguration": {"logDriver": "awslogs", "options": OPTIONS},
        },
    ],
}
CHECKS: dict[str, Any] = {
    "TargetGroupArn": GROUP,
    "Port": 80,
    "HealthCheckPath": "/live",
    "HealthCheckPort": "traffic-port",
    "HealthCheckIntervalSeconds": 10,
    "HealthCheckTimeoutSeconds": 5,
    "Matcher": {"HttpCode": "200-299"},
}
SERVICE: dict[str, Any] = {
    "healthCheckGracePeriodSeconds": 30,
    "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8080}],
}


@pytest.fixture
def clients() -> Iterator[dict[str, tuple[Any, Stubber]]]:
    made = {}
    for name in ("ecs", "elbv2", "logs"):
        client = boto3.client(
            name, region_name="eu-west-1", aws_access_key_id="123456789012", aws_secret_access_key="none"
        )
        made[name] = (client, Stubber(client))
        made[name][1].activate()
    yield made
    for _, stub in made.values():
        stub.assert_no_pending_responses()


@pytest.fixture
def readings(clients: dict[str, tuple[Any, Stubber]]) -> Readings:
    return Readings(clients["ecs"][0], clients["elbv2"][0], clients["logs"][0], CLUSTER)


def test_a_task_definition(clients: dict[str, tuple[Any, Stubber]], readings: Readings) -> None:
    clients["ecs"][1].add_response(
        "describe_task_definition", {"taskDefinition": DEFINITION}, {"taskDefinition": REVISION}
    )
    assert readings.definition(REVISION) == DEFINITION


def test_a_target_group(clients: dict[str, tuple[Any, Stubber]], readings: Readings) -> None:
    stub = clients["elbv2"][1]
    stub.add_response("describe_target_groups", {"TargetGroups": [CHECKS]}, {"TargetGroupArns": [GROUP]})
    stub.add_response("describe_target_groups", {"TargetGroups": []}, {"TargetGroupArns": [GROUP]})
    assert readings.target_group(GROUP) == CHECKS
    assert readings.target_group(GROUP) == {}


def test_running_tasks_are_listed_by_the_deployment_alone(
    clients: dict[str, tuple[Any, Stubber]], readings: Readings
) -> None:
    stub = clients["ecs"][1]
    stub.add_response("list_tasks", {"taskArns": [TASK]}, {"cluster": CLUSTER, "startedBy": "ecs-svc/1"})
    stub.add_response("describe_tasks", {"tasks": [{"taskArn": TASK}]}, {"cluster": CLUSTER, "tasks": [TASK]})
    stub.add_response("list_tasks", {"taskArns": []}, {"cluster": CLUSTER, "startedBy": "ecs-svc/2"})
    assert readings.running_tasks("ecs-svc/1") == [{"taskArn": TASK}]
    assert readings.running_tasks("ecs-svc/2") == []


def test_the_first_lines_of_a_log_have_their_moment_and_no_secrets(
    clients: dict[str, tuple[Any, Stubber]], readings: Readings
) -> None:
    stub, place = clients["logs"][1], LogPlace("/notes", "service", "app")
    asked = {"logGroupName": "/notes", "logStreamName": "service/app/abc", "startFromHead": True, "limit": 50}
    events = [{"timestamp": 1_500, "message": "password=hunter2\nready\r"}, {"timestamp": 2_250, "message": "b"}]
    stub.add_response("get_log_events", {"events": events}, asked)
    stub.add_client_error("get_log_events", "ResourceNotFoundException", expected_params=asked)
    assert readings.first_lines({"taskArn": TASK}, place) == [
        Printed(1.5, "password=***"),
        Printed(1.5, "ready"),
        Printed(2.25, "b"),
    ]
    assert readings.first_lines({"taskArn": TASK}, place) == []


def test_the_setup_of_the_container_that_the_load_balancer_asks() -> None:
    assert setup(DEFINITION, SERVICE, CHECKS, GROUP) == Setup(
        container="app",
        port=8080,
        check_port=8080,
        path="/live",
        matcher="200-299",
        interval=10,
        timeout=5,
        grace=30,
        command="/app/live --now",
        memory=512,
        log=LogPlace("/notes", "service", "app", "eu-west-1"),
    )


@pytest.mark.parametrize(
    ("definition", "service", "group", "expected"),
    [
        ({}, None, {}, Setup()),
        (DEFINITION, None, {}, ("app", 8000, 8000, 20)),
        (DEFINITION, SERVICE, {"HealthCheckPort": "9000"}, ("app", 8080, 9000, 30)),
        # ECS has rolled the service back, to a version that listens elsewhere: the revision knows its own port.
        (
            {"containerDefinitions": [{"name": "app", "portMappings": [{"containerPort": 9090}]}]},
            SERVICE,
            CHECKS,
            ("app", 9090, 9090, 30),
        ),
        ({"containerDefinitions": [{"name": "one"}]}, None, {"Port": 80}, ("one", 80, 80, None)),
        ({"containerDefinitions": [{"name": "one"}]}, {"healthCheckGracePeriodSeconds": 0}, {}, ("one", None, None, 0)),
        (
            {"containerDefinitions": [{"name": "one", "healthCheck": {"command": ["NONE"]}}]},
            None,
            {},
            ("one", None, None, 0),
        ),
    ],
)
def test_what_is_not_known_stays_empty(
    definition: dict[str, Any], service: dict[str, Any] | None, group: dict[str, Any], expected: Any
) -> None:
    found = setup(definition, service, group, GROUP)
    assert (found if isinstance(expected, Setup) else (found.container, found.port, found.check_port, found.grace)) == (
        expected
    )
