"""Faults that no proof sees, end to end: tasks that end once users reach them, and two failed requests in a hundred."""

from __future__ import annotations

import pytest

from tests.e2e.strategies.scene import APP, Edit, Scene
from tests.e2e.strategies.test_deploy_blue_green import nothing_to_do
from tests.e2e.strategies.test_deploy_canary import READ

pytestmark = pytest.mark.soak

CRASHING: Edit = (
    APP,
    READ,
    f"""        import asyncio
        import os

        asyncio.get_running_loop().call_later(8, os._exit, 3)
{READ}""",
)
"""Ends eight seconds after its first user. The proof asks another path."""
RARELY_FAILING: Edit = (
    APP,
    READ,
    f"""        app.state.asked = getattr(app.state, "asked", 0) + 1
        if app.state.asked % 50 == 0:
            raise RuntimeError("one in fifty")
{READ}""",
)


def test_a_version_that_ends_in_the_bake_time_is_rolled_back(scene: Scene) -> None:
    scene.choose("long bake")
    found = scene.deploy("ends 8 s after its first user", CRASHING)
    assert found.finished.code != 0, found.finished.output
    assert "while all users reach it: " in found.finished.output
    assert "a task of it had to be replaced" in found.finished.output
    assert "serves again; up to 100 % of users' requests reached" in found.finished.output
    assert "exit code 3" in found.finished.output
    assert "Traceback" not in found.finished.output
    assert found.reached, "users reached it before it ended"
    assert [one for one in found.answers[-50:] if one.failed or one.release != found.before] == []
    assert scene.serves() == found.before
    again = scene.deploy("good, after one that ended")
    assert again.finished.code == 0, again.finished.output
    assert again.failed == []
    assert scene.serves() == again.release
    nothing_to_do(scene)


def test_two_failed_requests_in_a_hundred_end_a_canary_at_its_first_step(scene: Scene) -> None:
    scene.choose("rare errors")
    found = scene.deploy("2 % errors under real traffic", RARELY_FAILING)
    assert found.finished.code != 0, found.finished.output
    assert "at 20 % of users it does worse" in found.finished.output
    assert "percentage points more requests fail" in found.finished.output
    assert "up to 20 % of users' requests reached" in found.finished.output
    assert 0 < len(found.failed) < 0.03 * len(found.reached)
    assert len(found.reached) < 0.21 * len(found.answers)
    assert scene.serves() == found.before
