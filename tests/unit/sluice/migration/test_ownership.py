"""How a deployer finds out that its run is no longer its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.aws.patience import Unknown
from sluice.errors import Superseded
from sluice.migration.records.ownership import Ownership
from sluice.migration.records.record import RunRecord
from tests.unit.sluice.migration.simulation import Clock, Records, client_error, failing

MINE = RunRecord(3, "up", "f", "sha256:a", "ann@host", 999_000, nonce="n", owner="a")


class Stage:
    """One run, and a store whose answers take *seconds* each."""

    def __init__(self, seconds: float = 0) -> None:
        self.clock, self.records, self.asked = Clock(), Records(), list[int]()
        self.records.save(MINE)
        get = self.records.get

        def slow(number: int) -> RunRecord | None:
            self.asked.append(number)
            self.clock.time += seconds
            return get(number)

        self.records.get = slow  # type: ignore[method-assign]
        self.owner = Ownership(self.records, self.clock, MINE)  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "reads"), [(0, 1), (5, 1), (5.5, 4)])
def test_an_answer_that_took_longer_than_five_seconds_is_read_again(seconds: float, reads: int) -> None:
    stage = Stage(seconds)
    stage.owner.check()
    assert stage.asked == [3] * reads
    assert stage.owner.taken_over() is None


def test_another_owner_is_found_with_its_record() -> None:
    stage = Stage()
    other = replace(MINE, author="bob@host", owner="b")
    stage.records.runs[3] = other
    assert stage.owner.taken_over() == other
    with pytest.raises(Superseded, match=r"^run 3, started by ann@host, was taken over: bob@host continues it\. "):
        stage.owner.check()


def test_a_deleted_record_counts_as_closed_by_somebody() -> None:
    stage = Stage()
    stage.records.runs.clear()
    assert stage.owner.taken_over() == RunRecord(3, "up", "f", "sha256:a", "somebody who deleted it", 0, state="closed")
    with pytest.raises(Superseded, match=r"somebody who deleted it closed it at 1970-01-12 13:30:00 UTC\. "):
        stage.owner.check()


def test_expired_credentials_say_what_was_being_checked() -> None:
    stage = Stage()
    stage.records.get = failing(client_error("ExpiredTokenException", "GetParameter"))  # type: ignore[method-assign]
    owner = Ownership(stage.records, stage.clock, MINE)  # type: ignore[arg-type]
    with pytest.raises(Unknown, match=r"credentials expired while checking the ownership of run 3: "):
        owner.check()
