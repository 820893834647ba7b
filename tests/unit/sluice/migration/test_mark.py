"""The record of an operator's action that ran no task."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sluice.aws.patience import Unknown
from sluice.clock import Halt
from sluice.errors import Interrupted
from sluice.migration.mark import mark
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord
from tests.unit.sluice.migration.simulation import Clock, Records, client_error

BEFORE = RunRecord(6, "up", "f", "sha256:a", "ann@host", 1, state="succeeded", finished=2)


def deployer(records: Records, clock: Clock | None = None) -> Deployer:
    return Deployer(None, None, records, clock or Clock(), lambda *_: None, "bob@laptop", owner="b")  # type: ignore[arg-type]


def expected(number: int, nonce: str, at: int = 1_000_000) -> RunRecord:
    return RunRecord(
        number, "force", "", "sha256:b", "bob@laptop", at,
        phase="force", state="succeeded", finished=at, message="because", nonce=nonce, owner="b",
    )  # fmt: skip


@pytest.mark.parametrize(("runs", "number"), [([], 1), ([BEFORE], 7), ([BEFORE, replace(BEFORE, number=4)], 7)])
def test_a_mark_is_a_closed_run_after_all_others(runs: list[RunRecord], number: int) -> None:
    records = Records()
    for run in runs:
        records.save(run)
    written = mark(deployer(records), "force", "because", "sha256:b")
    assert written == expected(number, written.nonce) == records.runs[number]
    assert re.fullmatch("[0-9a-f]{8}", written.nonce)
    assert len(records.runs) == len(runs) + 1


def test_without_an_image_it_names_none() -> None:
    assert mark(deployer(Records()), "lift", "").image == ""


def unlisted() -> Records:
    """A store whose list does not have run 1 yet, which another deployer has just created."""
    records = Records()
    records.save(replace(BEFORE, number=1))
    everything = records.all
    records.all = lambda: [run for run in everything() if run.number != 1]  # type: ignore[method-assign]
    return records


def test_a_number_that_another_deployer_took_is_left_to_it() -> None:
    clock, records = Clock(), unlisted()
    written = mark(deployer(records, clock), "force", "because", "sha256:b")
    assert written == expected(2, written.nonce, at=1_000_001) == records.runs[2]
    assert records.runs[1] == replace(BEFORE, number=1)
    assert clock.elapsed == 1, "it waits before it decides again"


def test_ctrl_c_ends_the_attempts_to_get_a_number() -> None:
    with pytest.raises(Interrupted, match=r"^cancelled before anything was started$"):
        mark(deployer(unlisted(), Clock({0: Halt.STOP})), "force", "because")


def test_a_short_outage_is_waited_out_and_expired_credentials_say_what_was_being_done() -> None:
    records = Records()
    create, troubles = records.create, [client_error("ThrottlingException", "PutParameter")]

    def refused(run: RunRecord) -> bool:
        if troubles:
            raise troubles.pop()
        return create(run)

    records.create = refused  # type: ignore[method-assign]
    assert mark(deployer(records), "force", "because").number == 1
    troubles.append(client_error("ExpiredTokenException", "PutParameter"))
    with pytest.raises(Unknown, match=r"^the AWS credentials expired while writing the record: "):
        mark(deployer(records), "force", "because")
