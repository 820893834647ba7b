"""Linear, end to end: a bad version that every proof lets through is rolled back at the first of its five steps."""

from __future__ import annotations

import pytest

from tests.e2e.strategies.scene import Scene
from tests.e2e.strategies.test_deploy_canary import FAILING

pytestmark = pytest.mark.soak


def test_a_version_that_fails_for_users_gets_one_step(scene: Scene) -> None:
    scene.choose("linear")
    weights = scene.weights()
    found = scene.deploy("20 % errors under real traffic", FAILING)
    assert found.finished.code != 0, found.finished.output
    assert "at 20 % of users it does worse" in found.finished.output
    assert "percentage points more requests fail" in found.finished.output
    assert "40 % of users' traffic goes to" not in found.finished.output
    assert "serves again; up to 20 % of users' requests reached" in found.finished.output
    assert 0 < len(found.reached) < 0.21 * len(found.answers)
    assert len(found.failed) < len(found.reached)
    assert scene.serves() == found.before
    assert scene.weights() == weights
