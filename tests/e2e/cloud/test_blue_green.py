"""Blue/green against the running emulator: real containers, real requests, the pause in between. A minute is 6 s."""

from __future__ import annotations

import pytest

from tests.e2e.cloud.shifting import Shifting, pause
from tests.e2e.cloud.stage import Caller, Stage, get, until

PAUSED = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1, "lifecycleHooks": [pause()]}


@pytest.fixture(scope="module")
def images(stage: Stage) -> tuple[str, str]:
    return stage.push("1"), stage.push("2")


@pytest.fixture(scope="module")
def blue(stage: Stage, images: tuple[str, str]) -> Shifting:
    """Version 1 serves: its first deployment has paused and was continued."""
    made = Shifting(stage)
    first = made.create(stage.task_definition(images[0], stopTimeout=2), PAUSED)
    hook = made.at(first, "POST_TEST_TRAFFIC_SHIFT")
    assert made.versions(5) == {"503": 5}  # nobody serves yet, and the new one does not either
    assert made.versions(5, test=True) == {"1": 5}
    made.answer(first, hook["hookId"])
    ended = made.ended(first)
    assert ended["sourceServiceRevisions"] == []
    assert ended["finishedAt"] >= ended["startedAt"]
    return made


def test_a_first_deployment_is_in_the_alternate_group(blue: Shifting) -> None:
    assert blue.weights(blue.production) == (0, 100)
    [first] = blue.stage.ecs.list_service_deployments(cluster=blue.stage.cluster, service=blue.service)[
        "serviceDeployments"
    ]
    revision = blue.revision(first["serviceDeploymentArn"])
    assert revision["resolvedConfiguration"]["loadBalancers"] == [
        {"targetGroupArn": blue.alternate, "productionListenerRule": blue.production}
    ]
    assert revision["loadBalancers"][0]["targetGroupArn"] == blue.primary
    assert blue.versions() == {"1": 20}


def test_a_deployment_pauses_on_test_traffic_and_goes_on(blue: Shifting, images: tuple[str, str]) -> None:
    stage = blue.stage
    with Caller(f"{blue.url}/") as users:
        started = blue.update(taskDefinition=stage.task_definition(images[1], stopTimeout=2))
        hook = blue.at(started, "POST_TEST_TRAFFIC_SHIFT")
        assert (hook["targetType"], hook["timeoutAction"]) == ("PAUSE", "ROLLBACK")
        assert hook["hookId"].startswith("ecs-pause-")
        assert blue.versions(test=True) == {"2": 20}
        assert blue.versions() == {"1": 20}
        seen = blue.described(started)
        target, [source] = seen["targetServiceRevision"], seen["sourceServiceRevisions"]
        assert (target["requestedTestTrafficWeight"], target["requestedProductionTrafficWeight"]) == (100.0, 0.0)
        assert (source["requestedTestTrafficWeight"], source["requestedProductionTrafficWeight"]) == (0.0, 100.0)
        assert (target["runningTaskCount"], source["runningTaskCount"]) == (1, 1)
        listed = stage.described(blue.service)["deployments"]
        assert [one["status"] for one in listed] == ["PRIMARY", "ACTIVE"]
        assert listed[0]["id"].rpartition("/")[2] == target["arn"].rpartition("/")[2]

        blue.answer(started, hook["hookId"])
        until(lambda: blue.described(started).get("lifecycleStage") == "BAKE_TIME", 30)
        assert blue.versions() == {"2": 20}
        assert len(blue.stage.states(blue.alternate)) == len(blue.stage.states(blue.primary)) == 1  # both run
        with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="either completed, unavailable"):
            blue.answer(started, hook["hookId"])
        ended = blue.ended(started)
    assert (ended["finishedAt"] - ended["startedAt"]).total_seconds() >= 6  # a minute of bake time
    assert [one["status"] for one in ended["lifecycleHookDetails"]] == ["SUCCEEDED"]
    assert blue.weights(blue.production) == (100, 0)
    assert not users.failures
    with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="in terminal states"):
        blue.answer(started, hook["hookId"])
    [only] = stage.described(blue.service)["deployments"]
    assert (only["status"], only["rolloutState"], only["runningCount"]) == ("PRIMARY", "COMPLETED", 1)


def test_rollback_at_the_pause(blue: Shifting, images: tuple[str, str]) -> None:
    before = blue.ask()
    definition = blue.stage.described(blue.service)["taskDefinition"]
    with Caller(f"{blue.url}/") as users:
        started = blue.update(taskDefinition=blue.stage.task_definition(images[0], stopTimeout=2))
        hook = blue.at(started, "POST_TEST_TRAFFIC_SHIFT")
        blue.answer(started, hook["hookId"], "ROLLBACK")
        ended = blue.ended(started, "ROLLBACK_SUCCESSFUL")
    assert not users.failures
    assert {answer.split()[1] for answer in users.answers} == {before}  # no user ever reached the new version
    assert ended["statusReason"] == (
        "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed."
    )
    assert [one["status"] for one in ended["lifecycleHookDetails"]] == ["FAILED"]
    assert ended["rollback"]["serviceRevisionArn"] == ended["sourceServiceRevisions"][0]["arn"]
    seen = blue.stage.described(blue.service)
    assert seen["taskDefinition"] == definition
    [only] = seen["deployments"]
    assert (only["status"], only["rolloutState"], only["runningCount"]) == ("PRIMARY", "COMPLETED", 1)
    assert get(f"{blue.url}/").split()[1] == before
    blue.delete()
