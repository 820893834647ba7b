"""Approval by a person, end to end: a proven version waits for `sluice continue`, and `sluice abort` ends it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest

from tests.e2e.faults.callers import Callers
from tests.e2e.stage import Running, until
from tests.e2e.strategies.scene import RATE, Scene
from tests.e2e.strategies.test_deploy_blue_green import nothing_to_do, unseen

pytestmark = pytest.mark.soak

MANUAL = "approve: manual"
POST_TEST, PRE_PRODUCTION = "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"
PAUSE_SECONDS = 900
"""`pauseMinutes` of these tests: a minute of it is a second here."""


def waits(scene: Scene, running: Running, stage: str) -> None:
    """Returns once `pulumi up` waits for a person at this stage, and `sluice status` says so and until when."""
    running.wait_for(f"waits for approval at {stage} until ", 120)
    status = scene.sluice("status").output
    found = re.search(
        rf"pause +{stage} until (.+) UTC: waits for approval: `sluice continue` or `sluice abort`", status
    )
    assert found is not None, status
    ends = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    assert 0 < ends - time.time() <= PAUSE_SECONDS
    assert running.process.poll() is None


def keeps_waiting(running: Running, callers: Callers) -> None:
    """Users are served for some seconds more, and `pulumi up` has not gone on."""
    said, sent = running.output, callers.sent
    until(lambda: callers.sent > sent + 3 * RATE, 30, "users are answered while it waits")
    assert running.output.count("ECS goes on") == said.count("ECS goes on")
    assert "100 % of users' traffic" not in running.output


def test_a_version_waits_until_a_person_lets_it_go_on(scene: Scene) -> None:
    scene.choose("blueGreen", MANUAL)
    approved: list[float] = []

    def approve(running: Running, callers: Callers) -> None:
        waits(scene, running, POST_TEST)
        keeps_waiting(running, callers)
        approved.append(time.monotonic())
        done = scene.sluice("continue", "--yes", "--reason", "seen on the test address")
        assert done.code == 0, done.output

    found = scene.deploy("good, approved by a person", meanwhile=approve)
    assert found.finished.code == 0, found.finished.output
    assert re.search(r"approved by \S+.*: seen on the test address", found.finished.output)
    assert found.failed == []
    assert found.strangers == []
    assert min(one.at for one in found.reached) > approved[0], "a user was served before the approval"
    assert scene.serves() == found.release
    assert scene.sluice("continue", "--yes").code == 3, "nothing waits any more"
    nothing_to_do(scene)


def test_a_version_that_a_person_aborts_reaches_no_user(scene: Scene) -> None:
    scene.choose("blueGreen", MANUAL)
    before, weights = scene.stage.service()["taskDefinition"], scene.weights()

    def abort(running: Running, callers: Callers) -> None:
        waits(scene, running, POST_TEST)
        keeps_waiting(running, callers)
        done = scene.sluice("abort", "--yes", "--reason", "prices are wrong")
        assert done.code == 0, done.output

    found = scene.deploy("good, aborted by a person", meanwhile=abort)
    assert found.finished.code != 0, found.finished.output
    assert "aborted it: prices are wrong" in found.finished.output
    assert "keeps serving; no user reached" in found.finished.output
    assert "Traceback" not in found.finished.output
    unseen(found)
    assert scene.serves() == found.before
    assert scene.weights() == weights
    assert scene.stage.service()["taskDefinition"] == before


def test_a_canary_waits_once_more_after_the_first_step(scene: Scene) -> None:
    scene.choose("canary", MANUAL)

    def approve_twice(running: Running, callers: Callers) -> None:
        for stage in (POST_TEST, PRE_PRODUCTION):
            waits(scene, running, stage)
            keeps_waiting(running, callers)
            done = scene.sluice("continue", "--yes", "--reason", f"seen at {stage}")
            assert done.code == 0, done.output

    found = scene.deploy("good, approved twice", meanwhile=approve_twice)
    assert found.finished.code == 0, found.finished.output
    for stage in (POST_TEST, PRE_PRODUCTION):
        assert f": seen at {stage}" in found.finished.output
    assert found.failed == []
    assert scene.serves() == found.release
    nothing_to_do(scene)
