"""Killed between any two writes: the plain repeat ends well, nothing runs twice, nothing is recorded twice."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sluice.migration.records.records import Records
from sluice.release.release_record import ReleaseRecords
from tests.unit.sluice.migration.kills import PAGE, PREFIX, REVISIONS, kill, page, undisturbed
from tests.unit.sluice.rollout.rolling import OLD

WRITES = undisturbed()


@pytest.mark.parametrize("after", range(1, len(WRITES) + 1), ids=[f"after {write}" for write in WRITES])
def test_the_same_deploy_again_ends_well(after: int) -> None:
    world = kill(after, "a").world
    assert len(world.ecs.tasks) == 1, "the migration ran once"
    assert [revision for revision, _ in world.service.calls] == [REVISIONS["a"]], "the service was moved once"
    _ended_well(world.ssm, "a", [OLD, REVISIONS["a"]])


@pytest.mark.parametrize("after", range(1, len(WRITES) + 1), ids=[f"after {write}" for write in WRITES])
def test_another_image_after_it_waits_for_what_was_left(after: int) -> None:
    world = kill(after, "b").world
    tasks = world.ecs.tasks
    assert len(tasks) in (1, 2)
    for first, second in pairwise(tasks):
        assert second.created >= first.created + first.script.runs, "two at once"
    assert [revision for revision, _ in world.service.calls][-1] == REVISIONS["b"]
    released = [one.task_definition for one in ReleaseRecords(world.ssm, PREFIX).all()]
    _ended_well(world.ssm, "b", [OLD, *([REVISIONS["a"]] if REVISIONS["a"] in released else []), REVISIONS["b"]])
    assert (REVISIONS["a"] in released) == (after >= WRITES.index("`releases/2`: the release") + 1)


def _ended_well(ssm: object, image: str, released: list[str]) -> None:
    runs, releases = Records(ssm, f"{PREFIX}/runs").all(), ReleaseRecords(ssm, PREFIX)
    assert not any(run.open for run in runs)
    assert (runs[-1].state, runs[-1].image) == ("succeeded", f"sha256:{image}")
    assert [one.task_definition for one in releases.all()] == released
    last = releases.rollout()
    assert last is not None
    assert (last.state, last.task_definition, last.release) == ("proven", REVISIONS[image], len(released))


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: .venv/bin/python -m tests.unit.sluice.migration.kills"
