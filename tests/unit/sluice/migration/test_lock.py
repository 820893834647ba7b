"""Two deployers at once: every interleaving of their calls to the store, and never two that both go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest

from sluice.migration.records.plan import Close, Refuse, Start, admit, gives_way_to, plan, still_owns
from sluice.migration.records.record import RunRecord

NOW = 10_000.0
By = Literal["up", "run"]


def run(
    number: int, by: By = "run", state: str = "running", age: int = 0, nonce: str = "", owner: str = "a"
) -> RunRecord:
    began = int(NOW) - age
    return RunRecord(number, by, "f", "sha256:1", "a", began, state=state, nonce=nonce, owner=owner)  # type: ignore[arg-type]


ADMITTED = [
    ("nothing before", [], set(), Start(1)),
    ("all ended", [run(1, state="failed"), run(2, "up", "succeeded")], set(), Start(3)),
    ("a young one", [run(1)], set(), Refuse(run(1))),
    ("a young one beside its end", [run(1, state="closed"), run(2, age=119)], set(), Refuse(run(2, age=119))),
    ("an old one with a live task", [run(1, age=9000)], {1}, Refuse(run(1, age=9000))),
    ("an old one without", [run(1, age=120)], set(), Close(run(1, age=120))),
    ("`up` is at work", [run(1, "up", age=9000)], set(), Refuse(run(1, "up", age=9000))),
    ("the oldest first", [run(2), run(1, age=200)], set(), Close(run(1, age=200))),
]


@pytest.mark.parametrize(
    ("runs", "live", "expected"), [case[1:] for case in ADMITTED], ids=[one[0] for one in ADMITTED]
)
def test_an_operator_is_admitted_when_nothing_is_under_way(
    runs: list[RunRecord], live: set[int], expected: Start | Close | Refuse
) -> None:
    assert admit(runs, NOW, frozenset(live)) == expected


def test_the_older_number_goes_on_and_the_newer_gives_way() -> None:
    both = [run(4), run(5)]
    assert gives_way_to(run(4), both) is None
    assert gives_way_to(run(5), both) == run(4)
    assert gives_way_to(run(5), [run(4, state="closed"), run(5)]) is None
    assert gives_way_to(run(7), [run(5), run(6), run(7)]) == run(5)


def test_a_record_is_owned_while_it_is_open_and_says_so() -> None:
    mine = run(1, nonce="n", owner="ann")
    assert still_owns(mine, mine)
    assert still_owns(mine, replace(mine, message="x"))
    assert still_owns(mine, replace(mine, author="ann, on another host"))
    for other in (None, replace(mine, state="closed"), replace(mine, owner="bob"), replace(mine, nonce="m")):
        assert not still_owns(mine, other)


class Store:
    """The records; and the moment each reader's answer is from, for stores that answer from the past."""

    def __init__(self, stale: bool) -> None:
        self.runs: dict[int, RunRecord] = {}
        self.past: list[dict[int, RunRecord]] = [{}]
        self.stale = stale

    def put(self, record: RunRecord) -> None:
        self.runs = self.runs | {record.number: record}
        self.past.append(self.runs)

    def create(self, record: RunRecord) -> bool:
        if record.number in self.runs:
            return False
        self.put(record)
        return True

    def read(self, first: bool) -> list[RunRecord]:
        seen = self.past[max(0, len(self.past) - 2)] if self.stale and first else self.runs
        return list(seen.values())


def deployer(store: Store, by: By, working: set[str], name: str) -> Iterator[None]:
    """One `up` or `sluice run`, a call to the store between every two yields."""
    for attempt in range(6):
        runs = store.read(first=attempt == 0)
        yield
        live = frozenset(one.number for one in runs if one.open and one.by == "run")
        decision = plan(runs, name, "before", NOW, live) if by == "up" else admit(runs, NOW, live)
        if isinstance(decision, Refuse):
            return
        assert isinstance(decision, Start), decision
        mine = RunRecord(decision.number, by, name, "sha256:1", name, int(NOW), nonce=name)
        if not store.create(mine):
            continue
        yield
        if gives_way_to(mine, store.read(first=False)) is not None:
            yield
            store.put(replace(mine, state="closed"))
            continue
        yield
        working.add(name)
        assert len(working) == 1, f"at once: {working}"
        yield
        working.discard(name)
        store.put(replace(mine, state="succeeded"))
        return


def orders(left: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every order in which so many steps of each deployer can come."""
    if not any(left):
        yield ()
        return
    for index, count in enumerate(left):
        if count:
            for rest in orders((*left[:index], count - 1, *left[index + 1 :])):
                yield (index, *rest)


@pytest.mark.parametrize("stale", [False, True], ids=["answers of now", "first answers from before the last change"])
@pytest.mark.parametrize("who", [("run", "run"), ("up", "run")], ids=" and ".join)
def test_two_never_both_go_on_and_one_always_does(who: tuple[By, ...], stale: bool) -> None:
    tried = 0
    for order in orders((7, 7)):
        store, working = Store(stale), set[str]()
        alive = [deployer(store, by, working, f"{by}{index}") for index, by in enumerate(who)]
        for index in [*order, *([0] * 20), *([1] * 20)]:
            next(alive[index], None)
        assert any(one.state == "succeeded" for one in store.runs.values()), order
        assert not any(one.open for one in store.runs.values()), order
        tried += 1
    assert tried == 3432


@pytest.mark.parametrize("who", [("run", "run", "run"), ("run", "up", "run")], ids=" and ".join)
def test_three_never_go_on_at_once(who: tuple[By, ...]) -> None:
    for order in orders((3, 3, 4)):
        store, working = Store(stale=True), set[str]()
        alive = [deployer(store, by, working, f"{by}{index}") for index, by in enumerate(who)]
        for index in [*order, *([0] * 20), *([1] * 20), *([2] * 20)]:
            next(alive[index], None)
        assert any(one.state == "succeeded" for one in store.runs.values()), order


def test_two_open_records_whatever_brought_them_about_end_with_one() -> None:
    """Both created before either looked again, with different numbers."""
    for first, second in (("run", "run"), ("up", "run"), ("run", "up")):
        runs = [run(4, first), run(5, second)]  # type: ignore[arg-type]
        goes_on = [one.number for one in runs if gives_way_to(one, runs) is None]
        assert goes_on == [4]
