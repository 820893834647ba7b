"""Rollouts that shift traffic while AWS throttles, loses answers, cuts them off, or answers from the past."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.aws.patience import Unknown
from sluice.release.release_record import ReleaseRecords
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from tests.unit.sluice.aws.parameters import Ssm
from tests.unit.sluice.lying import FAULTS, Liar, Lies
from tests.unit.sluice.rollout.strategy.cloud import Version
from tests.unit.sluice.rollout.strategy.deployments import NEW, OLD
from tests.unit.sluice.rollout.strategy.shifting import Stage

plans = st.lists(st.sampled_from(("", *FAULTS)), max_size=60)
kinds = st.sampled_from(["blueGreen", "canary", "linear"])
hard = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lying(kind: str, plan: list[str]) -> Stage:
    stage = Stage(kind, bakeMinutes=1, stepMinutes=1, stepPercent=50)
    lies = Lies(plan)
    stage.api = Liar(stage.cloud, lies)
    stage.store = ReleaseRecords(Liar(Ssm(), lies), "/sluice/p/s")
    return stage


def end(stage: Stage) -> None:
    """To a verdict: where AWS could not be asked for too long there is none, and the next `pulumi up` goes on."""
    for _ in range(60):
        try:
            stage.roll_out()
        except Unknown:
            continue
        return
    raise AssertionError("there was no verdict")


@hard
@given(kinds, plans)
def test_a_good_version_is_rolled_out_once(kind: str, plan: list[str]) -> None:
    stage = lying(kind, plan)
    end(stage)
    assert stage.serves == NEW
    assert len([one for one in stage.cloud.deployments if one.revision == NEW]) == 1
    assert stage.calls("StopServiceDeployment") == []


@hard
@given(kinds, plans)
def test_a_bad_version_reaches_no_user(kind: str, plan: list[str]) -> None:
    stage = lying(kind, plan)
    stage.cloud.versions[NEW] = Version(status=503)
    with pytest.raises(RolloutFailed):
        end(stage)
    assert stage.serves == OLD
    assert not [share for _, revision, share in stage.cloud.users if share and revision == NEW]
