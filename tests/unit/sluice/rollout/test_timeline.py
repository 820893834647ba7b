"""The timeline of a rollout: what is written down, and how it is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord
from sluice.migration.records.records import Records as RunRecords
from sluice.release.release_record import ReleaseRecords, RolloutRecord
from sluice.rollout.timeline import KEPT, Migrations, bars, kept, markdown, terminal
from tests.unit.cli.test_sluice_traffic import PATH, Paused
from tests.unit.sluice.aws.parameters import Ssm
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.rollout.rolling import NEW, Records, Service, roll_out
from tests.unit.sluice.rollout.strategy.shifting import Stage

MOMENTS = (
    (0, "stage", "deployment"),
    (2, "stage", "SCALE_UP"),
    (10, "stage", "PRODUCTION_TRAFFIC_SHIFT"),
    (10, "users", "10 % of users"),
    (40, "figures", "healthy: new 0.0 % 12 ms, old 0.0 % 11 ms"),
    (42, "stage", "BAKE_TIME"),
    (102, "end", "proven"),
)
RECORD = RolloutRecord("repo@sha256:x", NEW, "", 0, author="ann@host", by="up", state="proven", moments=MOMENTS)


def test_each_stage_is_a_bar_up_to_the_next_one() -> None:
    assert [(one.text, one.begin, one.seconds) for one in bars(RECORD)] == [
        ("deployment", 0, 2),
        ("SCALE_UP", 2, 8),
        ("PRODUCTION_TRAFFIC_SHIFT", 10, 32),
        ("BAKE_TIME", 42, 60),
    ]
    assert bars(RECORD)[2].notes == ("10 % of users", "healthy: new 0.0 % 12 ms, old 0.0 % 11 ms")


def test_a_terminal_shows_bars_below_each_other() -> None:
    lines = terminal(RECORD, bars(RECORD))
    assert lines[0] == "notes:8, `pulumi up` by ann@host, 1970-01-01 00:00:00 UTC, proven"
    bake = next(line for line in lines if "BAKE_TIME" in line)
    assert bake.count("█") == 24, "60 of 102 seconds are 24 of 40 characters"
    assert bake.index("█") - bake.index("BAKE_TIME") == len("PRODUCTION_TRAFFIC_SHIFT") + 2 + 16
    assert bake.endswith("1 min 00 s")
    assert any("10 % of users" in line for line in lines)


def test_markdown_has_a_chart_and_a_table() -> None:
    lines = markdown(RECORD, bars(RECORD))
    assert lines[2:6] == ["```mermaid", "gantt", "  dateFormat X", "  axisFormat %M:%S"]
    assert "  BAKE_TIME : 42, 102" in lines
    assert (
        "| PRODUCTION_TRAFFIC_SHIFT | 10 s | 32 s | 10 % of users; healthy: new 0.0 % 12 ms, old 0.0 % 11 ms |" in lines
    )


def test_a_rollout_without_moments_is_a_heading() -> None:
    record = RolloutRecord("x", NEW, "", 0, author="ann@host")
    assert terminal(record, bars(record)) == ["notes:8, ann@host, 1970-01-01 00:00:00 UTC, running"]
    assert markdown(record, bars(record)) == ["### notes:8, ann@host, 1970-01-01 00:00:00 UTC, running"]


def test_the_migration_steps_come_first_and_everything_counts_from_their_start() -> None:
    record = replace(RECORD, at=1000)
    found = bars(record, Migrations(940, (("master", 10), ("tenants", 30))))
    assert [(one.text, one.begin, one.seconds) for one in found[:4]] == [
        ("step master", 0, 10),
        ("step tenants", 10, 30),
        ("deployment", 60, 2),
        ("SCALE_UP", 62, 8),
    ]
    assert "  step tenants : 10, 40" in markdown(record, found)
    assert bars(record, Migrations(1001, (("master", 10),))) == bars(record), "a later run is not of this rollout"


def test_a_record_has_room_for_the_longest_rollout() -> None:
    many = tuple((at, "figures", "x" * 200) for at in range(500))
    short = kept(many)
    assert len(short) == KEPT
    assert [at for at, *_ in short] == [*range(10), *range(480, 500)]
    ssm = Ssm()
    written = RolloutRecord("r" * 150, "t" * 150, "p" * 150, 1, "d" * 40, "o" * 16, "a" * 100, message="m" * 500)
    ReleaseRecords(ssm, PATH).write(RolloutRecord(**vars(written) | {"moments": short}))
    assert len(ssm.parameters[f"{PATH}/rollout"].encode()) <= 4096
    read = ReleaseRecords(ssm, PATH).rollout()
    assert read is not None
    assert read.moments == short


def test_a_rolling_rollout_writes_its_stages_down() -> None:
    records = Records()
    roll_out(Service(Clock(), {NEW: "COMPLETED"}), records=records)
    assert records.last is not None
    assert [one.text for one in bars(records.last)] == ["before the deployment", "deployment"]


@pytest.mark.parametrize("kind", ["blueGreen", "canary"])
def test_a_rollout_that_shifts_traffic_writes_its_stages_shares_and_figures_down(kind: str) -> None:
    stage = Stage(kind)
    stage.roll_out()
    assert stage.records.last is not None
    found = bars(stage.records.last)
    names = [one.text for one in found]
    assert names[:2] == ["before the deployment", "deployment"]
    assert names.index("POST_TEST_TRAFFIC_SHIFT") < names.index("BAKE_TIME")
    assert next(one for one in found if one.text == "BAKE_TIME").seconds == pytest.approx(300, abs=3)
    notes = [note for one in found for note in one.notes]
    assert notes[-1].startswith("100 % of users") or "100 % of users" in notes
    assert any(note.startswith("healthy: new 0.0 % 100 ms, old 0.0 % 100 ms") for note in notes) == (kind == "canary")


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({}, True),
        ({"by": "run"}, False),
        ({"phase": "after"}, False),
        ({"image": "sha256:other"}, False),
        ({"finished": None}, False),
        ({"finished": 5}, False),
    ],
)
def test_history_shows_the_steps_of_the_same_deploy(
    changed: dict[str, Any], shown: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Paused(start=False)
    stage.roll_out()
    record = ReleaseRecords(stage.ssm, PATH).rollout()
    assert record is not None
    digest = record.digest.rpartition("@")[2]
    run = RunRecord(1, "up", "f", digest, "ann@host", record.at - 60, steps=("master",), finished=record.at - 30)
    runs = RunRecords(stage.ssm, f"{PATH}/runs")
    runs.create(replace(run, **changed))
    runs.save_step(run, StepRecord("master", (TaskRecord(0, 1, "t", 0, 20, "succeeded"),)))
    assert stage.sluice("history", "--rollout", "--markdown") == 0
    assert ("| step master | 0 s | 20 s | |" in capsys.readouterr().out.replace("|  |", "| |")) == shown


def test_history_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    stage = Paused(start=False)
    stage.roll_out()
    assert stage.sluice("history", "--rollout") == 0
    assert "BAKE_TIME" in capsys.readouterr().out
    assert stage.sluice("history", "--rollout", "--markdown") == 0
    assert "```mermaid" in capsys.readouterr().out
