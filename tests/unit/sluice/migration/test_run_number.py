"""Who gets a run's number, and what a deployer records that leaves before a verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.exceptions import ReadTimeoutError

from sluice.clock import Halt
from sluice.errors import GateError, Interrupted, Superseded
from sluice.migration.records.record import RunRecord, StepRecord
from sluice.migration.run import all_runs
from tests.unit.sluice.migration.one_run import EXPIRED, Stage
from tests.unit.sluice.migration.simulation import Records, Script, failing

RIVAL = RunRecord(1, "up", "g", "sha256:b", "bob@host", 999_997, state="succeeded", finished=999_998, owner="b")


def test_a_number_that_an_earlier_deployer_took_is_left_to_it() -> None:
    """Its run began more than the clocks' tolerance before this deployer, so this one goes on."""
    stage = Stage(Script(), Script())
    stage.records.save(RIVAL)
    stage.unlist(1)
    assert stage.run().number == 2
    assert stage.records.runs[1] == RIVAL
    assert stage.records.runs[2].started == 1_000_001, "it waited for a second"


def test_a_number_that_a_later_deployer_took_ends_this_one() -> None:
    stage = Stage()
    stage.records.save(replace(RIVAL, started=999_999))
    stage.unlist(1)
    with pytest.raises(Superseded) as superseded:
        stage.run()
    assert str(superseded.value) == (
        "no migration was run: bob@host started run 1 (`pulumi up`, image sha256:b) at 1970-01-12 13:46:39 UTC, after "
        "this `pulumi up` had started. Nothing was started or recorded.\n"
        "  cause: the stack's lock was released (`pulumi cancel`) while this deployer was slow\n"
        "  fix:   check the other run (`sluice status`); when it has ended, run `pulumi up` if this version is still "
        "wanted"
    )
    assert stage.records.runs == {1: replace(RIVAL, started=999_999)}


def test_ctrl_c_ends_the_attempts_to_get_a_number() -> None:
    stage = Stage()
    stage.records.save(RIVAL)
    stage.unlist(1)
    stage.clock.halts = {0: Halt.STOP}
    with pytest.raises(Interrupted) as interrupted:
        stage.run()
    assert str(interrupted.value) == "cancelled before anything was started"


def test_a_record_whose_creation_was_not_answered_is_this_deployers_own() -> None:
    """The call is repeated, finds the number taken, and the run that took it is continued."""
    stage = Stage(Script(runs=2), Script(runs=4))
    stage.clock.time += 10  # so that the run began after its deployer
    create, lost = stage.records.create, [True]

    def unanswered(run: RunRecord) -> bool:
        created = create(run)
        if lost.pop() if lost else False:
            raise ReadTimeoutError(endpoint_url="x")
        return created

    stage.records.create = unanswered  # type: ignore[method-assign]
    assert stage.run() == stage.result(1, 2, 4)
    assert set(stage.records.runs) == {1}


def test_a_run_that_gives_way_to_an_older_one_is_closed_and_the_older_one_decides() -> None:
    stage = Stage()
    older = RunRecord(1, "run", "", "sha256:b", "bob@laptop", 1_000_000, nonce="n")
    stage.records.save(older)
    now, answers = stage.records.all, [[replace(older, state="closed")]]
    stage.records.all = lambda: answers.pop() if answers else now()  # type: ignore[method-assign]
    with pytest.raises(GateError, match="run 1 is in progress: `sluice run` by bob@laptop"):
        stage.run()
    assert stage.records.runs[1] == older
    assert stage.records.runs[2] == stage.record(2, state="closed", finished=1_000_000, message="gave way to run 1")


def test_all_runs_are_those_of_the_list_and_those_whose_numbers_were_taken() -> None:
    records = Records()
    for number in (1, 2, 3):
        records.save(replace(RIVAL, number=number, state="running"))
        records.save_step(records.runs[number], StepRecord(f"step-{number}"))
    everything = records.all
    records.all = lambda: everything()[:2]  # type: ignore[method-assign]
    to = replace(Stage().deployer, records=records)  # type: ignore[arg-type]
    found = all_runs(to, {9, 3, 2})
    assert [run.number for run in found] == [1, 2, 3]
    assert [set(run.steps_done) for run in found] == [{"step-1"}, {"step-2"}, {"step-3"}]


# -- a deployer that leaves


@pytest.mark.parametrize("halt", [Halt.ABANDON, Halt.STOP])
def test_an_interrupted_deployer_records_that_it_starts_nothing_more(halt: Halt) -> None:
    stage = Stage(Script(runs=50))
    stage.clock.halts = {5: halt}
    with pytest.raises(Interrupted):
        stage.run()
    assert stage.records.runs[1] == stage.record(idle=True)
    assert not any("idle" in line for line, _ in stage.log)


def test_one_that_cannot_record_it_says_so_and_keeps_its_own_error() -> None:
    stage = Stage(Script(runs=50))
    stage.clock.halts = {5: Halt.ABANDON}
    stage.records.save = failing(EXPIRED)  # type: ignore[method-assign]
    with pytest.raises(Interrupted, match="left running"):
        stage.run()
    assert stage.log[-1] == (
        "run 1 could not be marked as idle; the next deployer waits a little: the AWS credentials expired while "
        "leaving the run: the result is unknown. What was started keeps running. Fix: log in again and run "
        "`pulumi up`, which continues there",
        False,
    )


def test_one_whose_run_was_taken_over_leaves_the_record_alone() -> None:
    stage = Stage(Script(runs=50))
    stage.clock.halts = {5: Halt.ABANDON}
    wait, taken = stage.clock.wait, list[RunRecord]()

    def taken_over(seconds: float) -> None:
        wait(seconds)
        taken[:] = [replace(stage.records.runs[1], author="bob@host", owner="b")]
        stage.records.runs[1] = taken[0]

    stage.clock.wait = taken_over  # type: ignore[method-assign]
    with pytest.raises(Interrupted, match="left running"):
        stage.run()
    assert stage.records.runs[1] == taken[0]
