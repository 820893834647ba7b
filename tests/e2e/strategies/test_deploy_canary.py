"""Canary and linear, end to end: users move in steps, each compared with the version before in the same minutes."""

from __future__ import annotations

import pytest

from tests.e2e.strategies.scene import APP, Edit, Scene, first_always
from tests.e2e.strategies.test_deploy_blue_green import BAD, nothing_to_do, unseen

READ = "        return page.render(await store.newest(), version)"
FAILING: Edit = (
    APP,
    READ,
    f"""        import random

        if random.random() < 0.2:
            raise RuntimeError("one in five")
{READ}""",
)
SLOW: Edit = (
    APP,
    READ,
    f"""        import asyncio

        await asyncio.sleep(2)
{READ}""",
)
UNSEEN: dict[str, tuple[Edit, str]] = {
    "20 % errors under real traffic": (FAILING, "percentage points more requests fail"),
    "slow under real traffic": (SLOW, "p95 is"),
}
"""Faults that the proof cannot see: it asks /health."""


@pytest.mark.soak
@pytest.mark.parametrize("strategy", ["canary", "linear"])
def test_a_good_version_is_shifted_in_steps(scene: Scene, strategy: str) -> None:
    scene.choose(strategy)
    found = scene.deploy("good")
    assert found.finished.code == 0, found.finished.output
    assert found.failed == []
    assert found.strangers == []
    steps = {"canary": ["5 %", "100 %"], "linear": ["20 %", "40 %", "60 %", "80 %", "100 %"]}[strategy]
    for share in steps:
        assert f"{share} of users' traffic goes to" in found.finished.output
    assert scene.serves() == found.release
    assert scene.tasks() == 2
    nothing_to_do(scene)


@pytest.mark.soak
@pytest.mark.parametrize("version", BAD)
def test_a_version_that_the_proof_sees_reaches_no_user(scene: Scene, version: str) -> None:
    scene.choose("canary")
    edit, said = BAD[version]
    found = scene.deploy(version, edit)
    assert found.finished.code != 0, found.finished.output
    assert said in found.finished.output
    unseen(found)
    assert scene.serves() == found.before


@pytest.mark.parametrize("version", first_always(UNSEEN))
def test_a_fault_under_real_traffic_ends_at_the_first_step(scene: Scene, version: str) -> None:
    """It passes every proof, and reaches no more than a canary's share of the users."""
    scene.choose("canary")
    edit, said = UNSEEN[version]
    found = scene.deploy(version, edit)
    assert found.finished.code != 0, found.finished.output
    assert "at 5 % of users it does worse" in found.finished.output
    assert said in found.finished.output
    share = len(found.reached) / len(found.answers)
    assert 0 < share < 0.06, f"{share:.1%} of the requests reached it"
    assert len(found.failed) < len(found.reached)
    assert scene.serves() == found.before
