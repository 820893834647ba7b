"""Services as AWS schedules them, with AWS's delays ten times shorter: container checks, alarms, history, events."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest

from tests.e2e.cloud.stage import Stage, until

SICK = "Task failed container health checks"
ROLL_BACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


@pytest.fixture(scope="module")
def image(stage: Stage) -> str:
    return stage.push("1")


def checked(command: str, **more: Any) -> dict[str, Any]:
    """A container health check of 5 s (half a second here)."""
    return {"command": ["CMD", "python", "-c", command], "interval": 5, "timeout": 5, "retries": 2, **more}


def messages(stage: Stage, service: str) -> list[str]:
    return [event["message"].partition(") ")[2] for event in stage.described(service)["events"]]


def lonely(stage: Stage, definition: str, count: int = 1, **more: Any) -> dict[str, Any]:
    """A service without a load balancer."""
    created: dict[str, Any] = stage.ecs.create_service(
        cluster=stage.cluster,
        serviceName=stage.name("service"),
        taskDefinition=definition,
        desiredCount=count,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}},
        **more,
    )["service"]
    return created


def updated(stage: Stage, service: str, **change: Any) -> str:
    """Start a deployment. Returns its id."""
    answer = stage.ecs.update_service(cluster=stage.cluster, service=service, **change)["service"]
    return str(answer["deployments"][0]["id"])


def history(stage: Stage, service: str) -> list[dict[str, Any]]:
    """The service's deployments in full, newest first."""
    listed = stage.ecs.list_service_deployments(cluster=stage.cluster, service=service)["serviceDeployments"]
    arns = [one["serviceDeploymentArn"] for one in listed]
    found = stage.ecs.describe_service_deployments(serviceDeploymentArns=arns)
    assert found["failures"] == []
    known = {one["serviceDeploymentArn"]: one for one in found["serviceDeployments"]}
    return [known[arn] for arn in arns]


def test_a_container_check_runs_inside_the_container(stage: Stage, image: str) -> None:
    here = "import os; raise SystemExit(0 if os.path.exists('/tmp/well') else 1)"
    definition = stage.task_definition(image, healthCheck=checked(here), stopTimeout=2)
    wait = "import pathlib, time; {}; time.sleep(60)"
    well = stage.run(definition, ["python", "-c", wait.format("pathlib.Path('/tmp/well').touch()")])
    sick = stage.run(definition, ["python", "-c", wait.format("pass")])
    plain = stage.run(stage.task_definition(image, stopTimeout=2), ["python", "-c", wait.format("pass")])
    until(lambda: stage.task(well)["healthStatus"] == "HEALTHY", 20)
    until(lambda: stage.task(sick)["healthStatus"] == "UNHEALTHY", 20)
    assert stage.task(sick)["containers"][0]["healthStatus"] == "UNHEALTHY"
    assert (stage.task(plain)["healthStatus"], stage.task(plain)["lastStatus"]) == ("UNKNOWN", "RUNNING")
    # A task that no service owns goes on whatever its health is.
    assert stage.task(sick)["desiredStatus"] == "RUNNING"
    for task in (well, sick, plain):
        stage.ecs.stop_task(cluster=stage.cluster, task=task)
    with pytest.raises(stage.ecs.exceptions.ClientException, match="interval must be between 5 and 300"):
        stage.task_definition(image, healthCheck=checked(here, interval=4))


def test_unhealthy_containers_trip_the_breaker_and_the_history_tells_it(stage: Stage, image: str) -> None:
    good = stage.task_definition(image, healthCheck=checked("pass"), stopTimeout=2)
    bad = stage.task_definition(image, healthCheck=checked("raise SystemExit(1)"), stopTimeout=2)
    created = lonely(stage, good, deploymentConfiguration=ROLL_BACK)
    name, first = created["serviceName"], created["deployments"][0]["id"]
    stage.completed(name, first)
    failed = updated(stage, name, taskDefinition=bad)
    until(lambda: stage.described(name)["taskDefinition"] == good, 60)
    back = stage.described(name)["deployments"][0]
    assert stage.deployment(name, failed)["rolloutStateReason"] == (
        "ECS deployment circuit breaker: tasks failed to start."
    )
    assert history(stage, name)[0]["status"] in ("ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL")
    stage.completed(name, back["id"])
    stopped = stage.ecs.list_tasks(cluster=stage.cluster, serviceName=name, desiredStatus="STOPPED")["taskArns"]
    ended = [task for task in map(stage.task, stopped) if task["startedBy"] == failed]
    assert [task["stoppedReason"] for task in ended].count(SICK) == 3
    told = messages(stage, name)
    assert f"rolling back to deployment {first}." in told
    assert f"(deployment {failed}) deployment failed: tasks failed to start." in told
    assert sum("failed container health checks" in one for one in told) == 3

    until(lambda: history(stage, name)[0]["status"] == "ROLLBACK_SUCCESSFUL", 10)
    newest, oldest = history(stage, name)
    assert oldest["status"] == "SUCCESSFUL"
    assert newest["rollback"]["serviceRevisionArn"] == oldest["targetServiceRevision"]["arn"]
    assert newest["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    revision = stage.ecs.describe_service_revisions(serviceRevisionArns=[oldest["targetServiceRevision"]["arn"]])
    assert revision["serviceRevisions"][0]["taskDefinition"] == good
    assert revision["serviceRevisions"][0]["containerImages"][0]["imageDigest"] == image.partition("@")[2]
    stage.delete(name)
    assert stage.ecs.describe_service_deployments(serviceDeploymentArns=[newest["serviceDeploymentArn"]])[
        "failures"
    ] == [{"arn": newest["serviceDeploymentArn"], "reason": "MISSING"}]


def test_a_deployment_is_stopped_by_request(stage: Stage, image: str) -> None:
    slow = checked("raise SystemExit(1)", startPeriod=300)
    good = stage.task_definition(image, healthCheck=checked("pass"), stopTimeout=2)
    created = lonely(stage, good)
    name, first = created["serviceName"], created["deployments"][0]["id"]
    running = history(stage, name)[0]["serviceDeploymentArn"]
    with pytest.raises(botocore.exceptions.ClientError, match="no completed deployment to roll back to"):
        stage.ecs.stop_service_deployment(serviceDeploymentArn=running, stopType="ROLLBACK")
    stage.completed(name, first)
    updated(stage, name, taskDefinition=stage.task_definition(image, healthCheck=slow, stopTimeout=2))
    stop = history(stage, name)[0]
    assert stop["status"] in ("PENDING", "IN_PROGRESS")
    stage.ecs.stop_service_deployment(serviceDeploymentArn=stop["serviceDeploymentArn"], stopType="ROLLBACK")
    until(lambda: history(stage, name)[0]["status"] == "ROLLBACK_SUCCESSFUL", 30)
    assert stage.described(name)["taskDefinition"] == good
    with pytest.raises(stage.ecs.exceptions.ConflictException):
        stage.ecs.stop_service_deployment(serviceDeploymentArn=stop["serviceDeploymentArn"], stopType="ROLLBACK")
    stage.delete(name)


def test_a_deployment_alarm_rolls_back_unless_it_rang_before(stage: Stage, image: str) -> None:
    alarm, watch = stage.name("alarm"), stage.client("cloudwatch")

    def counts(deployment: str) -> int:
        return int(stage.deployment(name, deployment).get("runningCount", 0))

    def ring(state: str) -> None:
        watch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")

    watch.put_metric_alarm(
        AlarmName=alarm,
        Namespace="Test",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    healthy: dict[str, Any] = {"healthCheck": checked("pass"), "stopTimeout": 2}
    one, two = (stage.task_definition(image, **healthy) for _ in range(2))
    configuration = {"alarms": {"alarmNames": [alarm], "enable": True, "rollback": True}}
    ring("ALARM")
    created = lonely(stage, one, deploymentConfiguration=configuration)
    name, first = created["serviceName"], created["deployments"][0]["id"]
    stage.completed(name, first)  # It bakes for six seconds; that it rings all the while is ignored.

    ring("OK")
    second = updated(stage, name, taskDefinition=two)
    until(lambda: counts(first) == 0 and counts(second) == 1, 30)
    assert stage.deployment(name, second)["rolloutState"] == "IN_PROGRESS"  # It bakes.
    ring("ALARM")
    until(lambda: history(stage, name)[0].get("rollback"), 10)
    assert history(stage, name)[0]["alarms"] == {
        "status": "TRIGGERED",
        "alarmNames": [alarm],
        "triggeredAlarmNames": [alarm],
    }
    assert stage.described(name)["taskDefinition"] == one
    stage.delete(name)


def test_without_any_check_a_task_counts_after_40_seconds(stage: Stage, image: str) -> None:
    definition = stage.task_definition(image, stopTimeout=2)
    created = lonely(stage, definition)
    name, first = created["serviceName"], created["deployments"][0]["id"]
    stage.completed(name, first, 20)
    told = stage.described(name)["events"]
    task = stage.task(stage.ecs.list_tasks(cluster=stage.cluster, serviceName=name)["taskArns"][0])
    assert 3 <= (told[0]["createdAt"] - task["startedAt"]).total_seconds() <= 8  # Time stamps are whole seconds.
    full = {"maximumPercent": 100, "minimumHealthyPercent": 100}
    second = updated(stage, name, forceNewDeployment=True, deploymentConfiguration=full)
    until(lambda: any("was unable to stop or start tasks" in one for one in messages(stage, name)), 10)
    assert stage.deployment(name, second)["runningCount"] == 0
    assert [one["message"] for one in reversed(told)] == [
        f"(service {name}) {text}"
        for text in (
            f"has started 1 tasks: (task {task['taskArn'].rsplit('/', 1)[-1]}).",
            f"(deployment {first}) deployment completed.",
            "has reached a steady state.",
        )
    ]
    stage.delete(name)
