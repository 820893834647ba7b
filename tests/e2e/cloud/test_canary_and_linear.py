"""Canary and linear against the running emulator: users' requests go by weight, step by step. A minute is 6 s."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.e2e.cloud.shifting import Shifting, pause
from tests.e2e.cloud.stage import Caller, Stage, until

BEFORE_EACH_STEP = "PRE_PRODUCTION_TRAFFIC_SHIFT"


@pytest.fixture(scope="module")
def images(stage: Stage) -> tuple[str, str]:
    return stage.push("1"), stage.push("2")


@pytest.fixture(scope="module")
def blue(stage: Stage, images: tuple[str, str]) -> Shifting:
    """Version 1 serves, in the alternate group."""
    made = Shifting(stage)
    first = made.create(
        stage.task_definition(images[0], stopTimeout=2), {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0}
    )
    made.ended(first)
    return made


def weights_seen(shift: Shifting, deployment: str) -> list[tuple[int, int]]:
    """The weights of the production rule, each once, until the deployment has ended."""
    seen: list[tuple[int, int]] = []

    def ended() -> bool:
        now = shift.weights(shift.production)
        if now not in seen:
            seen.append(now)
        return shift.described(deployment)["status"] not in ("PENDING", "IN_PROGRESS")

    until(ended, 90)
    return seen


def test_a_canary_takes_its_share_then_everything(blue: Shifting, images: tuple[str, str]) -> None:
    canary = {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 1}
    with Caller(f"{blue.url}/") as users:
        started = blue.update(
            taskDefinition=blue.stage.task_definition(images[1], stopTimeout=2),
            deploymentConfiguration={
                "strategy": "CANARY",
                "bakeTimeInMinutes": 0,
                "canaryConfiguration": canary,
                "lifecycleHooks": [pause(BEFORE_EACH_STEP)],
            },
        )
        first = blue.at(started, BEFORE_EACH_STEP)
        assert blue.versions() == {"1": 20}
        blue.answer(started, first["hookId"])
        until(lambda: blue.weights(blue.production) == (200, 800), 10)
        began = time.monotonic()
        counted = blue.versions(100)
        assert 10 <= counted["2"] <= 30, counted
        assert counted["1"] + counted["2"] == 100
        seen = blue.described(started)
        assert seen["targetServiceRevision"]["requestedProductionTrafficWeight"] == 20.0
        assert seen["sourceServiceRevisions"][0]["requestedProductionTrafficWeight"] == 80.0
        second = blue.at(started, BEFORE_EACH_STEP)
        assert second["hookId"] != first["hookId"]
        assert time.monotonic() - began >= 4  # the canary's minute, which began a little before
        assert blue.weights(blue.production) == (200, 800)
        blue.answer(started, second["hookId"])
        blue.ended(started)
    assert blue.weights(blue.production) == (100, 0)
    assert blue.versions() == {"2": 20}
    assert not users.failures


def test_linear_adds_equal_steps(blue: Shifting, images: tuple[str, str]) -> None:
    linear = {"stepPercent": 40.0, "stepBakeTimeInMinutes": 1}
    with Caller(f"{blue.url}/") as users:
        started = blue.update(
            taskDefinition=blue.stage.task_definition(images[0], stopTimeout=2),
            deploymentConfiguration={
                "strategy": "LINEAR",
                "bakeTimeInMinutes": 0,
                "linearConfiguration": linear,
                "lifecycleHooks": [],
            },
        )
        assert weights_seen(blue, started) == [(100, 0), (600, 400), (200, 800), (0, 100)]
        ended = blue.ended(started)
    assert (ended["finishedAt"] - ended["startedAt"]).total_seconds() >= 12  # two minutes between three steps
    assert not users.failures
    assert "lifecycleHookDetails" not in ended


def test_a_stop_between_two_steps_sends_every_user_back(blue: Shifting, images: tuple[str, str]) -> None:
    stage = blue.stage
    before: dict[str, Any] = stage.described(blue.service)
    with Caller(f"{blue.url}/") as users:
        started = blue.update(taskDefinition=stage.task_definition(images[1], stopTimeout=2))
        until(lambda: blue.weights(blue.production) == (400, 600), 60)
        with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="ROLLBACK"):
            stage.ecs.stop_service_deployment(serviceDeploymentArn=started, stopType="ABORT")
        stage.ecs.stop_service_deployment(serviceDeploymentArn=started, stopType="ROLLBACK")
        until(lambda: blue.weights(blue.production) == (0, 100), 5)
        assert blue.versions() == {"1": 20}
        ended = blue.ended(started, "ROLLBACK_SUCCESSFUL")
    assert not users.failures
    assert ended["statusReason"] == "Service deployment rolled back because StopServiceDeployment requested it."
    assert ended["rollback"]["serviceRevisionArn"] == ended["sourceServiceRevisions"][0]["arn"]
    after = stage.described(blue.service)
    assert after["taskDefinition"] == before["taskDefinition"]
    assert after["deployments"][0]["id"] == before["deployments"][0]["id"]
    with pytest.raises(stage.ecs.exceptions.ConflictException):
        stage.ecs.stop_service_deployment(serviceDeploymentArn=started, stopType="ROLLBACK")
    blue.delete()
