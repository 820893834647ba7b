"""The soak of strategies sees what it is for: its judgement, its names of stages, its kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.faults.callers import Answer
from tests.soak.strategies.attempt import AFTER, FAULTS, attempt
from tests.soak.strategies.judgement import Seen, wrong
from tests.soak.strategies.play import outcome_of, stage_of
from tests.soak.strategies.stack import Up, kill_session


def answer(at: float, release: str, status: int = 200) -> Answer:
    return Answer(at, 0.0, 0.01, status, release=release)


GOOD = Seen(
    before="one",
    wanted="two",
    versions=frozenset({"two"}),
    bad=frozenset(),
    proven={"two": 10.0},
    answers=(answer(1, "one"), answer(9, "one"), answer(10.5, "two")),
    serves=frozenset({"two"}),
    together=(),
    weights=(0, 100),
)


def test_a_good_course_has_nothing_wrong() -> None:
    assert wrong(GOOD) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answers": (*GOOD.answers, answer(11, "", 502))}, "1 of 4 requests failed"),
        ({"answers": (answer(9.0, "two"), *GOOD.answers)}, "two answered a user 0.99 s before it was proven"),
        ({"proven": {}}, "no deployer said that it is proven"),
        ({"versions": frozenset(), "bad": frozenset({"two"})}, "1 requests reached two, which is bad"),
        ({"answers": (*GOOD.answers, answer(11, "three"))}, "three, which nobody deployed now"),
        ({"serves": frozenset({"one"})}, "one serves instead of two"),
        ({"serves": frozenset({"one", "two"})}, "one, two serves instead of two"),
        ({"together": [("a", "b")]}, "moved at the same time: a, b"),
        ({"weights": (80, 20)}, "weights are [80, 20]"),
    ],
)
def test_each_fault_is_named(change: dict[str, Any], said: str) -> None:
    [found] = wrong(replace(GOOD, **change))
    assert said in found


def test_a_seed_decides_the_same_again_and_seeds_decide_differently() -> None:
    plans = [attempt(seed) for seed in range(200)]
    assert plans == [attempt(seed) for seed in range(200)]
    assert {one.fault for one in plans} == {"", *FAULTS}
    assert {one.strategy for one in plans} == {*AFTER}
    assert {len(one.kills) for one in plans} == {1, 2, 3}
    assert {kill.line for one in plans for kill in one.kills} >= {line for lines in AFTER.values() for line in lines}


def up(output: str = "", code: int = 0, **deployment: Any) -> Up:
    return Up("two", code, output, 0.0, None, {"serviceDeploymentArn": "new", "status": "IN_PROGRESS", **deployment})


@pytest.mark.parametrize(
    ("found", "stage"),
    [
        (up(serviceDeploymentArn="old"), "program and image"),
        (up("admission: 20 checks", serviceDeploymentArn="old"), "migration"),
        (up("admission: 20\nschema: exit code 0", serviceDeploymentArn="old"), "migrated, before UpdateService"),
        (up(status="SUCCESSFUL"), "after the end (SUCCESSFUL)"),
        (up(status="ROLLBACK_IN_PROGRESS"), "ROLLBACK_IN_PROGRESS"),
        (
            up(lifecycleStage="BAKE_TIME", targetServiceRevision={"requestedProductionTrafficWeight": 100.0}),
            "BAKE_TIME, 100 % of users",
        ),
        (
            up(
                lifecycleStage="POST_TEST_TRAFFIC_SHIFT",
                targetServiceRevision={},
                lifecycleHookDetails=[{"status": "AWAITING_ACTION"}],
            ),
            "POST_TEST_TRAFFIC_SHIFT, paused, 0 % of users",
        ),
    ],
)
def test_where_a_killed_deployment_was(found: Up, stage: str) -> None:
    assert stage_of(found, "old") == stage


def test_what_the_next_one_did() -> None:
    assert outcome_of(up("deployment ecs-svc/1 of a:2 is there already: watching it"), True) == "taken over"
    assert outcome_of(up("deployment ecs-svc/1 of a:2 started, a:1 served before"), True) == "deployed"
    assert outcome_of(up("has 20 % of the users: ECS rolls it back first"), True) == "rolled back, then deployed"
    assert outcome_of(up("has no recorded end: waiting"), True) == "waits for its call; nothing left to do"
    assert outcome_of(up(code=255), True) == "FAILED"
    assert outcome_of(up(code=255), False) == "refused, as it should"
    assert outcome_of(up(code=-signal.SIGKILL), False) == "killed too"


def test_a_kill_ends_children_in_process_groups_of_their_own() -> None:
    child = "import os,sys,time; os.setpgid(0, 0); print(os.getpid(), flush=True); time.sleep(60)"
    parent = f"import subprocess,sys,time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        assert int(process.stdout.readline())
        kill_session(process.pid)
        assert process.stdout.read() == "", "the child held the pipe"
        assert process.wait(5) == -signal.SIGKILL
