"""Run records: what fits into a parameter, and what another version of the program wrote."""

from __future__ import annotations

import json

from sluice.inputs.step import SHARDS
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord

RUN = RunRecord(3, "up", "f" * 32, "sha256:" + "a" * 64, "ann@host", 1, steps=("master",), nonce="abcd")


def test_a_run_survives_the_round_trip() -> None:
    assert RunRecord.from_json(3, RUN.to_json()) == RUN


def test_a_newer_versions_field_is_ignored() -> None:
    newer = json.dumps(json.loads(RUN.to_json()) | {"snapshot": "s-1"})
    assert RunRecord.from_json(3, newer) == RUN


def test_a_long_message_fits_in_bytes() -> None:
    for text in ("é…" * 3000, '"\\' * 3000):
        long = RunRecord(3, "up", "f" * 32, "sha256:" + "a" * 64, "ann@host", 1, message=text, command=text)
        assert len(long.to_json().encode()) < 4096


def test_a_record_of_an_older_version_has_no_command() -> None:
    raw = json.loads(RUN.to_json())
    del raw["command"]
    assert RunRecord.from_json(3, json.dumps(raw)).command == ""


def test_as_many_shards_as_are_allowed_fit_after_any_number_of_attempts() -> None:
    record = StepRecord("tenants")
    for attempt in range(1, 6):
        for shard in range(SHARDS):
            record = record.put(TaskRecord(shard, attempt, "f" * 36, 137, 86_400, "not started"))
    assert len(record.to_json().encode()) < 4096
    assert {task.attempt for task in record.tasks} == {5}
