"""A service rolls to a new revision: it waits for health, cuts nobody, lets leaving tasks drain before SIGTERM."""

from __future__ import annotations

import time

from tests.e2e.cloud.stage import Caller, Stage, get, until


def test_a_roll_loses_no_request(stage: Stage) -> None:
    address, group = stage.load_balancer()
    # The port opens a second after RUNNING: a load balancer that does not ask for health would answer 502 until then.
    late = [{"name": "OPEN_AFTER", "value": "1"}]
    first = stage.task_definition(stage.push("1"), environment=late)
    second = stage.task_definition(stage.push("2"), environment=late)
    created = stage.service(first, group, healthCheckGracePeriodSeconds=100)
    name, deployment = created["serviceName"], created["deployments"][0]
    assert deployment["rolloutState"] == "IN_PROGRESS"
    assert stage.described(name)["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    stage.completed(name, deployment["id"])
    assert get(f"http://{address}/health").startswith("version 1 ")
    assert stage.states(group) == [("healthy", ""), ("healthy", "")]
    old = stage.ecs.list_tasks(cluster=stage.cluster, startedBy=deployment["id"])["taskArns"]
    assert len(old) == 2

    with Caller(f"http://{address}/any") as fast, Caller(f"http://{address}/slow") as slow:
        until(lambda: len(fast.answers) > 5, 20)
        updated = stage.ecs.update_service(cluster=stage.cluster, service=name, taskDefinition=second)["service"]
        roll = updated["deployments"][0]
        assert roll["status"] == "PRIMARY"
        assert roll["id"] != deployment["id"]
        stage.completed(name, roll["id"])
        for arn in old:
            stage.in_state(arn, "STOPPED")
        # Answers that were on their way when the deployment completed are the old version's; then only the new one's.
        seen = len(fast.answers)
        until(lambda: len(fast.answers) > seen + 10, 20)
    assert fast.failures == []
    assert slow.failures == []
    assert fast.answers[0].startswith("version 1 ")
    assert all(answer.startswith("version 2 ") for answer in fast.answers[-10:])

    for arn in old:
        task = stage.task(arn)
        assert task["stopCode"] == "ServiceSchedulerInitiated"
        assert task["stoppedReason"] == f"Scaling activity initiated by (deployment {roll['id']})"
        assert task["containers"][0]["exitCode"] == 0
        assert task["startedBy"] == deployment["id"]
        assert stage.lines(arn)[-1] == "version 1 has ended"
    described = stage.described(name)
    assert [one["id"] for one in described["deployments"]] == [roll["id"]]
    assert (described["runningCount"], described["pendingCount"]) == (2, 0)
    assert [state for state, _ in stage.states(group) if state != "draining"] == ["healthy", "healthy"]
    stage.delete(name)


def test_an_unhealthy_version_gets_no_traffic_and_is_rolled_back(stage: Stage) -> None:
    address, group = stage.load_balancer()
    good = stage.task_definition(stage.push("1"))
    bad = stage.task_definition(stage.push("3"), environment=[{"name": "LIVE_STATUS", "value": "503"}])
    breaker = {
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
    }
    created = stage.service(good, group, count=1, deploymentConfiguration=breaker)
    name, first = created["serviceName"], created["deployments"][0]["id"]
    stage.completed(name, first)
    with Caller(f"http://{address}/") as caller:
        failed = stage.ecs.update_service(cluster=stage.cluster, service=name, taskDefinition=bad)["service"][
            "deployments"
        ][0]["id"]
        until(lambda: stage.described(name)["deployments"][0]["id"] not in (first, failed), 90)
        primary = stage.described(name)["deployments"][0]
        assert primary["status"] == "PRIMARY"
        assert primary["taskDefinition"] == good
        assert primary["rolloutStateReason"] == f"ECS deployment circuit breaker: rolling back to deploymentId {first}."
        assert stage.deployment(name, failed)["rolloutState"] == "FAILED"
        assert stage.deployment(name, failed)["failedTasks"] == 3
        stage.completed(name, primary["id"])
    assert caller.failures == []
    assert all(answer.startswith("version 1 ") for answer in caller.answers)
    until(lambda: stage.deployment(name, failed) == {}, 20)
    stopped = stage.ecs.list_tasks(cluster=stage.cluster, serviceName=name, desiredStatus="STOPPED")["taskArns"]
    reasons = {stage.task(arn)["stoppedReason"] for arn in stopped if stage.task(arn)["startedBy"] == failed}
    assert f"Task failed ELB health checks in (target-group {group})" in reasons
    stage.delete(name)


def test_a_first_deployment_that_crashes_fails_and_stops_trying(stage: Stage) -> None:
    _, group = stage.load_balancer()
    crash = stage.task_definition(stage.push("1"), command=["python", "-c", "import sys; sys.exit(4)"])
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    created = stage.service(crash, group, count=1, deploymentConfiguration=breaker)
    name, first = created["serviceName"], created["deployments"][0]["id"]
    until(lambda: stage.deployment(name, first)["rolloutState"] == "FAILED", 60)
    failed = stage.deployment(name, first)
    assert failed["status"] == "PRIMARY"
    assert failed["failedTasks"] == 3
    stopped = stage.ecs.list_tasks(cluster=stage.cluster, serviceName=name, desiredStatus="STOPPED")["taskArns"]
    time.sleep(2)  # Long enough for another start, if one were coming: there is no event for "nothing happens".
    assert stage.ecs.list_tasks(cluster=stage.cluster, serviceName=name, desiredStatus="STOPPED")["taskArns"] == stopped
    assert len(stopped) == 3
    assert {stage.task(arn)["containers"][0]["exitCode"] for arn in stopped} == {4}
    stage.delete(name)


def test_stopping_a_service_task_by_hand_is_answered_by_a_new_one(stage: Stage) -> None:
    address, group = stage.load_balancer()
    created = stage.service(stage.task_definition(stage.push("1")), group, count=2)
    name, deployment = created["serviceName"], created["deployments"][0]["id"]
    stage.completed(name, deployment)
    victim = stage.ecs.list_tasks(cluster=stage.cluster, serviceName=name)["taskArns"][0]
    stage.ecs.stop_task(cluster=stage.cluster, task=victim, reason="maintenance")
    task = stage.in_state(victim, "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "maintenance")
    until(lambda: [state for state, _ in stage.states(group) if state != "draining"] == ["healthy", "healthy"], 30)
    assert stage.described(name)["deployments"][0]["id"] == deployment
    assert get(f"http://{address}/").startswith("version 1 ")
    stage.delete(name)
