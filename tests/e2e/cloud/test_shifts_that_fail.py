"""Deployments that shift traffic and fail, against the running emulator: who serves afterwards. A minute is 6 s."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.e2e.cloud.shifting import RIGHTS, TRUST, Shifting, pause
from tests.e2e.cloud.stage import Caller, Stage, until

QUICK = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": []}
GUARD, ON_TEST = "PRE_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT"


@pytest.fixture(scope="module")
def images(stage: Stage) -> tuple[str, str]:
    return stage.push("1"), stage.push("2")


@pytest.fixture(scope="module")
def one(stage: Stage, images: tuple[str, str]) -> str:
    return stage.task_definition(images[0], stopTimeout=2)


@pytest.fixture(scope="module")
def two(stage: Stage, images: tuple[str, str]) -> str:
    return stage.task_definition(images[1], stopTimeout=2)


@pytest.fixture(scope="module")
def blue(stage: Stage, one: str) -> Shifting:
    """Version 1 serves."""
    made = Shifting(stage)
    made.ended(made.create(one, QUICK))
    return made


def paused(stage: str, minutes: int = 1440, action: str = "ROLLBACK") -> dict[str, Any]:
    return {**QUICK, "lifecycleHooks": [pause(stage, minutes, action)]}


def still_serves(shift: Shifting, version: str = "1") -> None:
    assert shift.versions(10) == {version: 10}
    [only] = shift.stage.described(shift.service)["deployments"]
    assert (only["status"], only["rolloutState"], only["runningCount"]) == ("PRIMARY", "COMPLETED", 1)


def test_a_pause_times_out_and_rolls_back(blue: Shifting, two: str) -> None:
    began = time.monotonic()
    started = blue.update(taskDefinition=two, deploymentConfiguration=paused(ON_TEST, minutes=1))
    hook = blue.at(started, ON_TEST)
    ended = blue.ended(started, "ROLLBACK_SUCCESSFUL")
    assert time.monotonic() - began >= 6
    assert ended["statusReason"] == (
        "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT pause hook timed out."
    )
    assert [one["status"] for one in ended["lifecycleHookDetails"]] == ["TIMED_OUT"]
    with pytest.raises(blue.stage.ecs.exceptions.InvalidParameterException, match="in terminal states"):
        blue.answer(started, hook["hookId"])
    still_serves(blue)


def test_the_guard_starts_no_task_and_a_newer_deployment_voids_its_pause(blue: Shifting, one: str, two: str) -> None:
    stage, held = blue.stage, paused(GUARD)
    outside = blue.update(taskDefinition=two, deploymentConfiguration=held)
    hook = blue.at(outside, GUARD)
    seen = blue.described(outside)
    assert (seen["targetServiceRevision"]["runningTaskCount"], seen["status"]) == (0, "IN_PROGRESS")
    assert stage.described(blue.service)["pendingCount"] == 0
    with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="cannot be changed to ROLLING"):
        blue.update(deploymentConfiguration={"strategy": "ROLLING"})

    newer = blue.update(taskDefinition=one, forceNewDeployment=True, deploymentConfiguration=QUICK)
    stopped = blue.described(outside)
    assert (stopped["status"], stopped["lifecycleHookDetails"][0]["status"]) == ("STOPPED", "FAILED")
    with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="in terminal states"):
        blue.answer(outside, hook["hookId"])
    with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="not associated with the given Resource"):
        blue.answer(newer, hook["hookId"])
    blue.ended(newer)
    still_serves(blue)


def test_a_newer_deployment_reconciles_first(blue: Shifting, one: str, two: str) -> None:
    with Caller(f"{blue.url}/") as users:
        first = blue.update(taskDefinition=two, deploymentConfiguration=paused(ON_TEST))
        blue.at(first, ON_TEST)
        # The hook binds the service: the newer deployment pauses too.
        newer = blue.update(forceNewDeployment=True, taskDefinition=two)
        until(lambda: blue.described(newer).get("lifecycleStage") == "RECONCILE_SERVICE", 10, each=0.02)
        assert blue.described(first)["status"] == "STOPPED"
        hook = blue.at(newer, ON_TEST)
        assert blue.versions(10) == {"1": 10}
        assert len(blue.described(newer)["sourceServiceRevisions"]) == 2
        assert blue.stage.described(blue.service)["runningCount"] == 2  # blue's and the newest one's
        blue.answer(newer, hook["hookId"], "ROLLBACK")
        blue.ended(newer, "ROLLBACK_SUCCESSFUL")
    assert not users.failures
    assert {answer.split()[1] for answer in users.answers} == {"1"}
    still_serves(blue)


def test_the_breaker_rolls_back_while_scaling_up(blue: Shifting, images: tuple[str, str]) -> None:
    sick = [{"name": "LIVE_STATUS", "value": "500"}]
    bad = blue.stage.task_definition(images[1], stopTimeout=2, environment=sick)
    configuration = {**QUICK, "deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    with Caller(f"{blue.url}/") as users:
        started = blue.update(taskDefinition=bad, deploymentConfiguration=configuration)
        ended = blue.ended(started, "ROLLBACK_SUCCESSFUL", 120)
    assert not users.failures
    assert ended["statusReason"] == (
        "Service deployment rolled back because the circuit breaker threshold was exceeded."
    )
    assert ended["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    still_serves(blue)


def test_an_alarm_rolls_back_in_the_bake_time(blue: Shifting, two: str) -> None:
    alarm, watch = blue.stage.name("alarm"), blue.stage.client("cloudwatch")
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
    watched = {"alarmNames": [alarm], "enable": True, "rollback": True}
    with Caller(f"{blue.url}/") as users:
        started = blue.update(
            taskDefinition=two, deploymentConfiguration={**QUICK, "bakeTimeInMinutes": 5, "alarms": watched}
        )
        until(lambda: blue.described(started).get("lifecycleStage") == "BAKE_TIME", 60)
        assert blue.versions(10) == {"2": 10}
        watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
        ended = blue.ended(started, "ROLLBACK_SUCCESSFUL")
    assert not users.failures
    assert ended["statusReason"] == "Service deployment rolled back because an alarm was detected."
    assert ended["alarms"] == {"status": "TRIGGERED", "alarmNames": [alarm], "triggeredAlarmNames": [alarm]}
    still_serves(blue)


def test_a_rule_that_serves_two_groups_rolls_back(blue: Shifting, two: str) -> None:
    elb, before = blue.stage.elb, blue.weights(blue.production)
    elb.modify_rule(RuleArn=blue.production, Actions=blue.forward((1, 1)))
    started = blue.update(taskDefinition=two, deploymentConfiguration=QUICK)
    ended = blue.ended(started, "ROLLBACK_SUCCESSFUL")
    assert ended["statusReason"] == (
        "Service deployment rolled back because of invalid networking configuration. productionListenerRule "
        f"{blue.production} should have exactly one target group serving traffic but found 2 target groups which are "
        "serving traffic"
    )
    elb.modify_rule(RuleArn=blue.production, Actions=blue.forward(before))
    still_serves(blue)


def test_a_role_without_the_right_to_modify_a_rule_rolls_back(blue: Shifting, two: str) -> None:
    iam = blue.stage.client("iam")
    [statement] = RIGHTS["Statement"]
    kept = [right for right in statement["Action"] if right != "elasticloadbalancing:ModifyRule"]
    poorer = {**RIGHTS, "Statement": [{**statement, "Action": kept}]}
    names = {"RoleName": blue.role_name, "PolicyName": "shift"}
    iam.put_role_policy(**names, PolicyDocument=json.dumps(poorer))
    ended = blue.ended(blue.update(taskDefinition=two, deploymentConfiguration=QUICK), "ROLLBACK_SUCCESSFUL")
    assert ended["statusReason"].startswith(
        "Service deployment rolled back because TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. User: arn:aws:sts::"
    )
    assert "is not authorized to perform: elasticloadbalancing:ModifyRule on resource" in ended["statusReason"]
    iam.put_role_policy(**names, PolicyDocument=json.dumps(RIGHTS))
    nobody = json.dumps(TRUST).replace("ecs.amazonaws.com", "ec2.amazonaws.com")
    iam.update_assume_role_policy(RoleName=blue.role_name, PolicyDocument=nobody)
    ended = blue.ended(
        blue.update(taskDefinition=two, forceNewDeployment=True, deploymentConfiguration=QUICK), "ROLLBACK_SUCCESSFUL"
    )
    assert f"missing permissions on ECS Infrastructure Role '{blue.role}'" in ended["statusReason"]
    iam.update_assume_role_policy(RoleName=blue.role_name, PolicyDocument=json.dumps(TRUST))
    still_serves(blue)


def test_what_is_refused_at_once(blue: Shifting, two: str) -> None:
    errors = blue.stage.ecs.exceptions
    with pytest.raises(errors.InvalidParameterException, match="Invalid lifecycle stage provided for Pause Hook"):
        blue.update(taskDefinition=two, deploymentConfiguration=paused("PRODUCTION_TRAFFIC_SHIFT"))
    with pytest.raises(errors.InvalidParameterException, match="Must be RuleArn for ALB or ListenerArn for NLB"):
        blue.update(loadBalancers=blue.balancers(productionListenerRule=blue.listener))
    with pytest.raises(errors.InvalidParameterException, match="advancedConfiguration field is required"):
        blue.update(
            loadBalancers=[{"targetGroupArn": blue.primary, "containerName": "app", "containerPort": 8080}],
        )
    with pytest.raises(errors.ClientException, match="requires a load balancer"):
        blue.create(two, {"strategy": "LINEAR"}, loadBalancers=[])
    with pytest.raises(errors.InvalidParameterException, match="hookId must follow the format"):
        blue.answer("arn:aws:ecs:us-east-1:1:service-deployment/c/s/none", "my-hook")
    with pytest.raises(errors.ServiceDeploymentNotFoundException):
        blue.answer("arn:aws:ecs:us-east-1:1:service-deployment/c/s/none", "ecs-pause-1")
    blue.delete()


def test_a_first_deployment_that_fails_is_stopped_and_the_next_one_succeeds(stage: Stage, one: str) -> None:
    made = Shifting(stage)
    first = made.create(one, paused(ON_TEST))
    hook = made.at(first, ON_TEST)
    with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="no completed deployment to roll back"):
        stage.ecs.stop_service_deployment(serviceDeploymentArn=first, stopType="ROLLBACK")
    made.answer(first, hook["hookId"], "ROLLBACK")
    ended = made.ended(first, "STOPPED")
    assert ended["statusReason"] == (
        "Service deployment stopped because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed."
    )
    assert "rollback" not in ended
    until(lambda: stage.described(made.service)["runningCount"] == 0, 30)
    assert made.versions(3) == {"503": 3}
    again = made.update(forceNewDeployment=True, deploymentConfiguration=paused(ON_TEST, minutes=1, action="CONTINUE"))
    ended = made.ended(again)  # nobody answers, and the timeout continues
    assert [one["status"] for one in ended["lifecycleHookDetails"]] == ["TIMED_OUT"]
    assert made.weights(made.production) == (0, 100)
    assert made.versions(5) == {"1": 5}
    made.delete()
