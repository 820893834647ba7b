"""What a step prints: its remarks, its log and its progress."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.diagnosis.verdict import Kind, Outcome
from sluice.migration.step.shard import Shard
from tests.unit.sluice.migration.step.one_step import STEP, OneStep

DONE = Outcome(Kind.FAILED, "exit code 1", exit_code=1)


@pytest.mark.parametrize(("shards", "label"), [(1, "master"), (2, "master[1]")])
def test_a_remark_and_a_line_name_the_shard_where_there_are_several(shards: int, label: str) -> None:
    stage = OneStep(step=replace(STEP, shards=shards))
    stage.screen.say("of the step")
    stage.screen.say("of the shard", Shard(1))
    stage.screen.line("printed", Shard(1))
    assert stage.said == ["master: of the step", f"{label}: of the shard", f"{label} | printed"]
    assert stage.progress == []


def test_the_progress_is_printed_once_a_second() -> None:
    stage = OneStep()
    shard = Shard(0)
    stage.screen.progress([shard])
    stage.clock.wait(0.5)
    stage.screen.progress([shard])
    stage.clock.wait(0.5)
    shard.seen = {"lastStatus": "PROVISIONING"}
    stage.screen.progress([shard])
    stage.clock.wait(71)
    shard.seen = {"lastStatus": "RUNNING"}
    stage.screen.progress([shard])
    assert stage.progress == [
        "step 1 of 1, 0 s: starting",
        "step 1 of 1, 1 s: provisioning",
        "step 1 of 1, 1 min 12 s: running",
    ]
    assert stage.said == []


def test_the_progress_of_shards_counts_those_that_have_ended() -> None:
    stage = OneStep(step=replace(STEP, shards=3))
    stage.screen.progress([Shard(0, outcome=DONE), Shard(1), Shard(2)])
    assert stage.progress == ["step 1 of 1, 0 s: 1 of 3 shards done"]
