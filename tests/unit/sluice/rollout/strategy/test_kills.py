"""A deployer that dies between any two calls: the next one ends right, and no version gets past an unproven pause.

That every continued pause was proven by the deployer that continued it, the stage itself checks (see shifting.py).
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from sluice.errors import Superseded
from sluice.release.release_record import RolloutRecord
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from tests.unit.sluice.rollout.strategy.cloud import Killed, Version
from tests.unit.sluice.rollout.strategy.deployments import NEW, OLD
from tests.unit.sluice.rollout.strategy.shifting import Stage

KINDS = ["blueGreen", "canary", "linear"]
CHANGES: dict[str, dict[str, Any]] = {
    "blueGreen": {},
    "canary": {"stepPercent": 5},
    "linear": {"stepPercent": 50, "guard": True},
}


def moments(kind: str) -> int:
    """How many moments a good rollout has at which its deployer may die: before and after each call."""
    stage, count = Stage(kind, bakeMinutes=1, stepMinutes=1, **CHANGES[kind]), itertools.count(1)
    seen = 0

    def trouble(call: str, after: bool) -> None:
        nonlocal seen
        seen = next(count)

    stage.cloud.trouble = trouble
    stage.roll_out()
    return seen


def killed_at(stage: Stage, moment: int) -> None:
    """Runs a deployer that dies at this moment."""
    count = itertools.count(1)

    def trouble(call: str, after: bool) -> None:
        if next(count) == moment:
            raise Killed

    stage.cloud.trouble = trouble
    with pytest.raises((Killed, RolloutFailed)):
        stage.roll_out()
    stage.cloud.trouble = lambda call, after: None


def spread(total: int) -> list[int]:
    """Every moment of the first hundred, and of the long waits after them every seventh."""
    return [*range(1, min(total, 100) + 1), *range(101, total + 1, 7)]


@pytest.mark.parametrize("wait", [0.0, 30.0, 7200.0])
@pytest.mark.parametrize("kind", KINDS)
def test_the_next_deployer_of_a_good_version_ends_right(kind: str, wait: float) -> None:
    for moment in spread(moments(kind)):
        stage = Stage(kind, bakeMinutes=1, stepMinutes=1, **CHANGES[kind])
        killed_at(stage, moment)
        stage.clock.time += wait
        stage.cloud.advance()
        stage.roll_out()
        assert stage.serves == NEW, moment
        ours = [one for one in stage.cloud.deployments if one.revision == NEW]
        open_at_once = [one for one in ours if one.status not in ("SUCCESSFUL", "ROLLBACK_SUCCESSFUL")]
        assert not open_at_once, moment
        assert len(ours) == 1 if not wait else len(ours) <= 2, moment
        assert len(stage.records.releases) == 1, moment


@pytest.mark.parametrize("kind", KINDS)
def test_no_user_ever_reaches_a_bad_version_whenever_its_deployer_dies(kind: str) -> None:
    total = moments(kind)
    for moment in range(1, min(total, 80)):
        stage = Stage(kind, bakeMinutes=1, stepMinutes=1, **CHANGES[kind])
        stage.cloud.versions[NEW] = Version(status=503)
        killed_at(stage, moment)
        with pytest.raises(RolloutFailed):
            stage.roll_out()
        assert stage.serves == OLD, moment
        assert not [share for _, revision, share in stage.cloud.users if share and revision == NEW], moment


def test_a_deployer_whose_service_was_taken_over_continues_nothing() -> None:
    stage = Stage()
    other = RolloutRecord("repo@sha256:x", "arn:td/notes:9", OLD, 0, owner="other", author="bob@host")

    def trouble(call: str, after: bool) -> None:
        if stage.cloud.deployments[0].hook and stage.records.last is not None:
            stage.records.last = other

    stage.cloud.trouble = trouble
    with pytest.raises(Superseded, match="bob@host"):
        stage.roll_out()
    assert stage.calls("ContinueServiceDeployment", "StopServiceDeployment") == []
