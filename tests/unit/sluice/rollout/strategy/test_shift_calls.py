"""The calls of a rollout that shifts traffic, in botocore's shapes, and what their answers are taken for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from sluice.aws.answers import IncompleteAnswer, StaleAnswer
from sluice.aws.patience import Patience
from sluice.inputs.strategy import Header
from sluice.rollout.deployment.judge import State
from sluice.rollout.deployment.service import Service
from sluice.rollout.strategy.lifecycle.service_deployment import ServiceDeployment
from sluice.rollout.strategy.lifecycle.shift_calls import ShiftCalls
from sluice.rollout.strategy.shift_watch import ShiftWatch
from sluice.rollout.strategy.step_analysis import Figures
from sluice.rollout.strategy.steps import since
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.rollout.strategy.deployments import ARN, NEW, OLD, REVISION, answer, at, listed
from tests.unit.sluice.rollout.strategy.shifting import Stage


def stubbed(name: str) -> tuple[Any, Stubber]:
    client = boto3.client(
        name,
        region_name="eu-central-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    return client, Stubber(client)


def calls(ecs: Any = None, elbv2: Any = None, cloudwatch: Any = None) -> ShiftCalls:
    return ShiftCalls(ecs, elbv2, cloudwatch, "notes", "web", lambda: 0.0)


def test_a_service_deployment_is_found_by_the_number_of_its_revision() -> None:
    ecs, stub = stubbed("ecs")
    briefs = [
        {"serviceDeploymentArn": f"{ARN}{n}", "targetServiceRevisionArn": f"{REVISION}{n}", "createdAt": at(n)}
        for n in (1, 3, 2)
    ]
    request = {"cluster": "notes", "service": "web", "maxResults": 100}
    for _ in range(2):
        stub.add_response("list_service_deployments", {"serviceDeployments": briefs}, request)
    with stub:
        assert calls(ecs).find("ecs-svc/23") == f"{ARN}3"
        assert calls(ecs).find("ecs-svc/9") == ""


def test_the_newest_service_deployment_is_the_one_that_was_created_last() -> None:
    ecs, stub = stubbed("ecs")
    briefs = [{"serviceDeploymentArn": f"{ARN}{n}", "createdAt": at(n)} for n in (1, 3, 2)]
    stub.add_response("list_service_deployments", {"serviceDeployments": briefs})
    shown = answer() | {"serviceDeploymentArn": f"{ARN}3"}
    shown = {key: value for key, value in shown.items() if value is not None}
    stub.add_response(
        "describe_service_deployments", {"serviceDeployments": [shown]}, {"serviceDeploymentArns": [f"{ARN}3"]}
    )
    stub.add_response("list_service_deployments", {"serviceDeployments": []})
    with stub:
        found = calls(ecs).latest()
        assert found is not None
        assert found.arn == f"{ARN}3"
        assert calls(ecs).latest() is None


def test_an_answer_from_the_past_is_asked_again() -> None:
    ecs, stub = stubbed("ecs")
    for seconds in (5, 4, 5):
        shown = {key: value for key, value in answer(updatedAt=at(seconds)).items() if value is not None}
        stub.add_response("describe_service_deployments", {"serviceDeployments": [shown]})
    with stub:
        asked = calls(ecs)
        asked.describe(ARN)
        with pytest.raises(StaleAnswer):
            asked.describe(ARN)
        assert asked.describe(ARN) is not None


@pytest.mark.parametrize(
    ("message", "waits"),
    [
        ("Provided hookId is either completed, unavailable, or not associated with the given Resource ARN", False),
        ("Continuing a service deployment is not allowed for service deployment in terminal states.", False),
        ("Invalid hookId: hookId must follow the format", None),
    ],
)
def test_a_pause_that_no_longer_waits_is_no_error(message: str, waits: bool | None) -> None:
    ecs, stub = stubbed("ecs")
    stub.add_client_error("continue_service_deployment", "InvalidParameterException", message)
    request = {"serviceDeploymentArn": ARN, "hookId": "h", "action": "CONTINUE"}
    stub.add_response("continue_service_deployment", {"serviceDeploymentArn": ARN}, request)
    with stub:
        if waits is None:
            with pytest.raises(ecs.exceptions.InvalidParameterException):
                calls(ecs).answer_pause(ARN, "h", "CONTINUE")
        else:
            assert calls(ecs).answer_pause(ARN, "h", "CONTINUE") is waits
        assert calls(ecs).answer_pause(ARN, "h", "CONTINUE") is True


def test_rules() -> None:
    elbv2, stub = stubbed("elbv2")
    groups = [{"TargetGroupArn": "a", "Weight": 100}, {"TargetGroupArn": "b", "Weight": 0}]
    header = {"HttpHeaderName": "X-Sluice-Test", "Values": ["hush"]}
    rule = {
        "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        "Conditions": [{"Field": "http-header", "HttpHeaderConfig": header}],
    }
    for _ in range(2):
        stub.add_response("describe_rules", {"Rules": [rule]}, {"RuleArns": ["r"]})
    stub.add_response("describe_rules", {"Rules": []}, {"RuleArns": ["r"]})
    with stub:
        assert calls(elbv2=elbv2).weights("r") == {"a": 100, "b": 0}
        assert calls(elbv2=elbv2).header("r") == Header("X-Sluice-Test", "hush")
        with pytest.raises(IncompleteAnswer):
            calls(elbv2=elbv2).weights("r")


def test_the_group_of_a_revision() -> None:
    ecs, stub = stubbed("ecs")
    resolved = {"loadBalancers": [{"targetGroupArn": "b", "productionListenerRule": "r"}]}
    answers: list[list[dict[str, Any]]] = [[{"resolvedConfiguration": resolved}], [{}], []]
    for one in answers:
        stub.add_response("describe_service_revisions", {"serviceRevisions": one}, {"serviceRevisionArns": [REVISION]})
    with stub:
        assert [calls(ecs).group_of(REVISION) for _ in range(3)] == ["b", "", ""]
    assert calls(ecs).group_of("") == ""


def test_figures() -> None:
    cloudwatch, stub = stubbed("cloudwatch")
    values = {
        "requests": [60.0, 40.0],
        "failed": [1.0],
        "refused": [1.0],
        "latency": [0.9, 0.1, 0.2],
        "unhealthy": [0.0, 2.0],
    }
    results = [{"Id": key, "Values": found} for key, found in values.items()]
    stub.add_response("get_metric_data", {"MetricDataResults": results})
    stub.add_response("get_metric_data", {"MetricDataResults": [{**one, "Values": []} for one in results]})
    stub.add_response("get_metric_data", {"MetricDataResults": results[1:]})
    with stub:
        asked = calls(cloudwatch=cloudwatch)
        assert asked.figures("app/notes/1", "targetgroup/notes/1", 1000, 1300) == Figures(100, 2, 0.2, 2)
        assert asked.figures("app/notes/1", "targetgroup/notes/1", 1000, 1300) == Figures()
        with pytest.raises(IncompleteAnswer):
            asked.figures("app/notes/1", "targetgroup/notes/1", 1000, 1300)


def test_both_versions_are_compared_from_the_whole_minute_after_the_shift() -> None:
    stage, asked = Stage("canary"), []
    told = stage.cloud.get_metric_data

    def get_metric_data(**given: Any) -> dict[str, Any]:
        asked.append(given)
        return told(**given)

    stage.cloud.get_metric_data = get_metric_data  # type: ignore[method-assign]
    stage.roll_out()
    assert {one["StartTime"].second for one in asked} == {0}
    assert all(one["EndTime"] - one["StartTime"] >= timedelta(minutes=4) for one in asked)
    [(shifted, *_), *_] = stage.cloud.users
    assert all(0 <= one["StartTime"].timestamp() - shifted < 60 + 2 for one in asked)
    named = {one["MetricDataQueries"][0]["MetricStat"]["Metric"]["Dimensions"][0]["Value"] for one in asked}
    assert named == {"app/notes/1"}


@pytest.mark.parametrize(
    ("shifted", "now", "expected"),
    [(60, 70, 60), (61, 100, 61), (61, 179, 61), (61, 180, 120), (120, 300, 120), (119, 300, 120)],
)
def test_the_minute_of_the_shift_counts_while_there_is_no_other(shifted: float, now: float, expected: float) -> None:
    assert since(shifted, now) == expected


def test_update_service_gets_nothing_that_it_does_not_need() -> None:
    for force, more in ((None, {}), (True, {"forceNewDeployment": True}), (False, {"forceNewDeployment": False})):
        ecs, stub = stubbed("ecs")
        shown = {"deployments": [{"id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": NEW}]}
        request = {"cluster": "notes", "service": "web", "taskDefinition": NEW} | more
        stub.add_response("update_service", {"service": shown}, request)
        with stub:
            assert Service(ecs, None, None, "notes", "web").deploy(NEW, force) == "ecs-svc/2"


class Scripted:
    """Answers about one service deployment, one after the other; the last one stays."""

    def __init__(self, primary: str, *answers: dict[str, Any] | None) -> None:
        self._answers = list(answers)
        self._service = {"status": "ACTIVE", "desiredCount": 2, "deployments": [listed(2, NEW) | {"id": primary}]}
        self.shift = self

    def find(self, deployment: str) -> str:
        return ARN

    def describe(self, arn: str = "") -> Any:
        if not arn:
            return self._service
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return ServiceDeployment.of(found) if found else None


def watched(clock: Clock, scripted: Any) -> ShiftWatch:
    return ShiftWatch(scripted, Patience(clock, "watching"), clock, "ecs-svc/2", OLD, clock.now())


def test_an_end_for_the_worse_is_believed_when_it_was_seen_over_some_time() -> None:
    for status, state in (("ROLLBACK_SUCCESSFUL", State.ROLLED_BACK), ("STOPPED", State.FAILED)):
        clock = Clock()
        watch = watched(clock, Scripted("ecs-svc/2", answer(status), answer(), answer(status)))
        assert watch.observe().doubted
        assert watch.observe().judgement.state is State.IN_PROGRESS
        begun = clock.now()
        while (observed := watch.observe()).doubted:
            clock.wait(1.0)
        assert observed.judgement.state is state
        assert clock.now() - begun >= 5


def test_an_end_is_believed_at_once_when_another_deployment_has_taken_its_place() -> None:
    observed = watched(Clock(), Scripted("ecs-svc/9", answer("STOPPED"))).observe()
    assert (observed.judgement.state, observed.doubted) == (State.SUPERSEDED, False)


def test_a_success_is_believed_at_once() -> None:
    assert watched(Clock(), Scripted("ecs-svc/2", answer("SUCCESSFUL"))).observe().judgement.state is State.COMPLETED


def test_a_service_deployment_that_ecs_no_longer_knows_is_gone_after_a_while() -> None:
    clock = Clock()
    watch = watched(clock, Scripted("ecs-svc/2", answer(), None))
    assert not watch.observe().doubted
    begun = clock.now()
    while (observed := watch.observe()).doubted:
        clock.wait(1.0)
    assert observed.judgement.state is State.GONE
    assert clock.now() - begun >= 30


@pytest.mark.parametrize(("shown", "expected"), [(5.0, 1), (40.0, 3)])
def test_a_pause_that_ecs_still_shows_is_answered_once_and_a_lost_answer_again(shown: float, expected: int) -> None:
    stage, past = Stage(), dict[str, Any]()
    told = stage.cloud.describe_service_deployments

    def describe_service_deployments(**given: Any) -> Any:
        newest = told(**given)["serviceDeployments"][0]
        if newest["lifecycleHookDetails"]:
            past.update(newest, seen=stage.clock.now())
        if past and stage.calls("ContinueServiceDeployment") and stage.clock.now() - past["seen"] < shown:
            return {"serviceDeployments": [past | {"updatedAt": newest["updatedAt"]}]}
        return {"serviceDeployments": [newest]}

    stage.cloud.describe_service_deployments = describe_service_deployments  # type: ignore[method-assign, assignment]
    stage.roll_out()
    assert len(stage.calls("ContinueServiceDeployment")) == expected
