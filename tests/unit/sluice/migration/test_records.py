"""The run records in Parameter Store, and what is said of runs: their names, their order, what is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.migration.records.ownership import taken_over
from sluice.migration.records.plan import (
    Close,
    Refuse,
    Start,
    admit,
    describe_run,
    distrust,
    gives_way_to,
    still_owns,
    touches,
)
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord
from sluice.migration.records.records import Records
from tests.unit.sluice.aws.parameters import Ssm

PREFIX = "/sluice/notes/prod/runs"
AT = 1_700_000_000  # 2023-11-14 22:13:20 UTC


def run(number: int, by: str = "up", state: str = "succeeded", phase: str = "before", **more: object) -> RunRecord:
    return RunRecord(number, by, "same", "sha256:1", "ann@host", AT, phase=phase, state=state, **more)  # type: ignore[arg-type]


def stored(*runs: RunRecord, prefix: str = PREFIX) -> tuple[Ssm, Records]:
    ssm = Ssm()
    records = Records(ssm, prefix)
    for one in runs:
        assert records.create(one)
        records.save_step(one, StepRecord("master", (TaskRecord(0, one.number, "t"),)))
    return ssm, records


class TestRecords:
    def test_a_number_is_taken_once(self) -> None:
        ssm, records = stored(run(1))
        assert not records.create(replace(run(1), author="bob"))
        assert records.get(1) == run(1)
        records.save(replace(run(1), author="bob"))
        assert records.get(1) == replace(run(1), author="bob")
        assert records.get(2) is None
        assert set(ssm.parameters) == {f"{PREFIX}/1", f"{PREFIX}/1/master"}

    def test_a_slash_at_the_prefixs_end_is_none_of_its_own(self) -> None:
        _, records = stored(run(1), prefix=f"{PREFIX}/")
        assert (records.prefix, records.name(7)) == (PREFIX, f"{PREFIX}/7")
        assert stored(prefix="/sluice/X/")[1].prefix == "/sluice/X"

    def test_all_are_in_the_order_of_their_numbers_and_open_ones_have_their_steps(self) -> None:
        _, records = stored(run(10), run(9, state="running"), run(2))
        found = records.all()
        assert [one.number for one in found] == [2, 9, 10]
        assert [set(one.steps_done) for one in found] == [set(), {"master"}, set()]
        assert found[1].steps_done["master"].tasks[0].attempt == 9

    def test_runs_from_a_number_on_are_found_beyond_one_request(self) -> None:
        _, records = stored(*(run(number) for number in range(1, 23)))
        assert [one.number for one in records.since(2)] == list(range(2, 23))
        assert [one.number for one in records.since(22)] == [22]
        assert records.since(23) == []

    def test_one_request_is_enough_when_its_last_number_is_free(self) -> None:
        ssm, records = stored(*(run(number) for number in (2, 3, 4)))
        for last in (9, 10, 11):  # of the numbers 2 to 11
            records.save(run(last))
            ssm.calls.clear()
            assert [one.number for one in records.since(2)] == [2, 3, 4, *range(9, last + 1)]
            assert ssm.calls == ["get_parameters"] * (2 if last == 11 else 1)

    def test_the_oldest_are_forgotten_with_their_steps_by_number_not_by_name(self) -> None:
        ssm, records = stored(*(run(number) for number in (8, 9, 10, 11)))
        records.prune(11, keep=2)
        assert set(ssm.parameters) == {f"{PREFIX}/{one}" for one in ("10", "10/master", "11", "11/master")}
        assert ssm.deleted == [f"{PREFIX}/{one}" for one in ("8/master", "8", "9/master", "9")]

    @pytest.mark.parametrize(("newest", "reads"), [(2, False), (3, True)])
    def test_nobody_looks_where_there_cannot_be_too_many(self, newest: int, reads: bool) -> None:
        ssm, records = stored(run(1), run(2))
        ssm.calls.clear()
        records.prune(newest, keep=2)
        assert bool(ssm.calls) is reads
        assert len(ssm.parameters) == 4, "two are kept"

    def test_fifty_are_kept(self) -> None:
        ssm, records = stored(*(run(number) for number in range(1, 53)))
        records.prune(52)
        kept = {int(name.rpartition("/")[2]) for name in ssm.parameters if name.rpartition("/")[2].isdigit()}
        assert kept == set(range(3, 53))

    def test_all_can_be_deleted_steps_included_and_nothing_else(self) -> None:
        ssm, records = stored(run(1), run(2))
        ssm.put_parameter("/sluice/notes/prod/rollout", "{}")
        records.delete_all()
        assert set(ssm.parameters) == {"/sluice/notes/prod/rollout"}


DISTRUSTED: list[tuple[str, list[RunRecord], int | None]] = [
    ("nothing since", [run(5)], None),
    ("an older one", [run(4, state="failed"), run(5)], None),
    ("the proof itself, whatever became of it", [run(5, state="failed")], None),
    ("the same again", [run(5), run(6)], None),
    ("the same, which failed", [run(5), run(6, state="failed")], 6),
    ("the same, which goes on", [run(5), run(6, state="running")], 6),
    ("other steps", [run(5), replace(run(6), fingerprint="other")], 6),
    ("other steps of the other phase", [run(5), replace(run(6, phase="after"), fingerprint="other")], None),
    ("an operator's", [run(5), run(6, by="run")], 6),
    ("an operator's of the other phase", [run(5), run(6, by="run", phase="after")], 6),
    ("an operator's that only reads", [run(5), run(6, by="run", read_only=True, state="failed")], None),
    ("an operator's before it", [run(4, by="run"), run(5)], None),
    ("a forced one", [run(5), run(6, by="force")], 6),
    ("a lifted hold", [run(5), run(6, by="lift")], 6),
    ("the first of two, in any order", [run(7, by="run"), run(6, state="failed"), run(5)], 6),
    ("one after the other phase's", [run(5), run(6, phase="after"), run(7, by="run")], 7),
]


@pytest.mark.parametrize(("runs", "expected"), [case[1:] for case in DISTRUSTED], ids=[case[0] for case in DISTRUSTED])
def test_after_which_run_a_success_says_nothing_any_more(runs: list[RunRecord], expected: int | None) -> None:
    found = distrust(runs, 5, "same", "before")
    assert (found and found.number) == expected


def test_which_runs_may_change_the_schema_besides_the_steps() -> None:
    assert [touches(run(1, by=by)) for by in ("up", "run", "force", "lift")] == [False, True, True, True]
    assert not touches(run(1, by="run", read_only=True))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (run(3), "`pulumi up` by ann@host (run 3, 2023-11-14 22:13 UTC)"),
        (run(3, message="failed"), "`pulumi up` by ann@host (run 3, 2023-11-14 22:13 UTC)"),
        (run(3, by="run", message="migrate x"), "`sluice run` by ann@host (run 3, 2023-11-14 22:13 UTC: migrate x)"),
        (run(3, by="run"), "`sluice run` by ann@host (run 3, 2023-11-14 22:13 UTC)"),
    ],
)
def test_a_run_is_named_by_what_by_whom_and_when(one: RunRecord, said: str) -> None:
    assert describe_run(one) == said


def test_an_operators_run_begins_only_when_nothing_is_open() -> None:
    live = run(4, by="run", state="running")
    assert admit([], AT, frozenset()) == Start(1)
    assert admit([run(7), run(3)], AT, frozenset()) == Start(8)
    assert admit([run(3, state="running")], AT + 9_999, frozenset()) == Refuse(run(3, state="running"))
    assert admit([live], AT + 9_999, frozenset({4})) == Refuse(live)
    assert admit([live], AT + 119, frozenset()) == Refuse(live)
    assert admit([live], AT + 120, frozenset()) == Close(live)
    assert admit([run(5, state="running"), live], AT + 120, frozenset()) == Close(live), "the older one first"


def test_a_run_gives_way_to_the_oldest_open_one_before_it() -> None:
    mine = run(5, state="running")
    others = [run(4, state="running"), run(3, state="running"), run(2), run(6, state="running")]
    assert gives_way_to(mine, [*others, mine]) == run(3, state="running")
    assert gives_way_to(mine, [run(2), run(6, state="running"), mine]) is None


@pytest.mark.parametrize(
    ("found", "owned"),
    [
        ({}, True),
        ({"author": "bob"}, True),
        ({"owner": "other"}, False),
        ({"nonce": "other"}, False),
        ({"state": "closed"}, False),
    ],
)
def test_a_run_is_owned_while_its_record_says_so(found: dict[str, str], owned: bool) -> None:
    mine = replace(run(5, state="running"), owner="me", nonce="n")
    assert still_owns(mine, replace(mine, **found)) is owned  # type: ignore[arg-type]
    assert not still_owns(mine, None)


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ({"state": "closed", "finished": AT + 60}, "closed it at 2023-11-14 22:14:20 UTC"),
        ({"state": "closed"}, "closed it at 2023-11-14 22:13:20 UTC"),
        ({"idle": True}, "is closing it"),
        ({}, "continues it"),
    ],
)
def test_who_lost_a_run_is_told_to_whom_and_what_to_do(change: dict[str, object], how: str) -> None:
    mine = run(5, state="running")
    said = taken_over(mine, replace(mine, author="bob@host", **change))  # type: ignore[arg-type]
    assert said.splitlines() == [
        f"run 5, started by ann@host, was taken over: bob@host {how}. "
        "This deployer starts, moves and records nothing more.",
        "  cause: the stack's lock was released (`pulumi cancel`), or this deployer was slow and taken for dead",
        "  fix:   check the other run (`sluice status`, `sluice history`); when it has ended, run `pulumi up`",
    ]
