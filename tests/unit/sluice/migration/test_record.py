"""Run records: what fits into a parameter, and what another version of the program wrote."""

from __future__ import annotations

import json
from dataclasses import replace

from sluice.inputs.step import SHARDS
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord

RUN = RunRecord(3, "up", "f" * 32, "sha256:" + "a" * 64, "ann@host", 1, steps=("master",), nonce="abcd")


def test_a_run_survives_the_round_trip() -> None:
    assert RunRecord.from_json(3, RUN.to_json()) == RUN


def test_the_whole_text_of_a_run_is_compact_and_has_neither_its_number_nor_its_steps() -> None:
    run = replace(RUN, message="é", steps_done={"master": StepRecord("master", (TaskRecord(0, 1, "t"),))})
    assert run.to_json() == (
        '{"by":"up","fingerprint":"' + "f" * 32 + '","image":"sha256:' + "a" * 64 + '","author":"ann@host","started":1,'
        '"phase":"before","steps":["master"],"state":"running","finished":null,"message":"é","nonce":"abcd","owner":"",'
        '"idle":false,"read_only":false,"command":"","version":"","revision":""}'
    )


def test_the_whole_text_of_a_step_is_compact() -> None:
    step = StepRecord("master", (TaskRecord(0, 2, "t", 137, 60, "failed"), TaskRecord(1, 1)))
    assert step.to_json() == '{"name":"master","tasks":[[0,2,"t",137,60,"failed"],[1,1,"",null,null,""]]}'
    assert StepRecord.from_json(step.to_json()) == step


def test_the_latest_attempt_of_a_shard_is_the_one_with_the_highest_number() -> None:
    """Older versions kept every attempt."""
    first, second, other = TaskRecord(0, 1, "z"), TaskRecord(0, 2, "a"), TaskRecord(1, 3)
    assert StepRecord("master", (second, first, other)).latest(0) == second
    assert StepRecord("master", (first, second, other)).latest(0) == second
    assert StepRecord("master", (first, second, other)).latest(2) is None


def test_a_run_without_steps_was_none_of_any() -> None:
    raw = json.loads(RUN.to_json())
    del raw["steps"]
    assert RunRecord.from_json(3, json.dumps(raw)) == replace(RUN, steps=())


def test_a_newer_versions_field_is_ignored() -> None:
    newer = json.dumps(json.loads(RUN.to_json()) | {"snapshot": "s-1"})
    assert RunRecord.from_json(3, newer) == RUN


def test_a_long_message_fits_in_bytes() -> None:
    for text in ("é…" * 3000, '"\\' * 3000):
        long = RunRecord(3, "up", "f" * 32, "sha256:" + "a" * 64, "ann@host", 1, message=text, command=text)
        assert len(long.to_json().encode()) < 4096


def test_a_long_text_is_cut_between_two_characters() -> None:
    long = RunRecord.from_json(3, replace(RUN, message="m" + "é" * 600, command="c" + "é" * 600).to_json())
    assert (long.message, long.command) == ("m" + "é" * 499, "c" + "é" * 199)
    exact = replace(RUN, message="m" * 1001, command="c" * 401)
    assert RunRecord.from_json(3, exact.to_json()) == replace(RUN, message="m" * 1000, command="c" * 400)


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
