"""What the runs before decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.migration.records.plan import Adopt, Close, Plan, Refuse, Start, TakeSuccess, plan
from sluice.migration.records.record import RunRecord

NOW = 10_000.0


def run(number: int, fingerprint: str = "same", state: str = "running", by: str = "up", age: int = 600) -> RunRecord:
    return RunRecord(number, by, fingerprint, "sha256:1", "ann@host", int(NOW) - age, state=state)  # type: ignore[arg-type]


CASES: list[tuple[str, list[RunRecord], frozenset[int], Plan]] = [
    ("nothing before", [], frozenset(), Start(1)),
    ("failed before: a new run", [run(1, state="failed")], frozenset(), Start(2)),
    ("succeeded, engine never heard", [run(1, state="succeeded")], frozenset(), TakeSuccess(run(1, state="succeeded"))),
    ("another image succeeded since", [run(1, state="succeeded"), run(2, "other", "succeeded")], frozenset(), Start(3)),
    ("another image succeeded", [run(1, "other", "succeeded")], frozenset(), Start(2)),
    ("a dead deployer's same run", [run(1)], frozenset(), Adopt(run(1))),
    ("a dead deployer's other run", [run(1, "other")], frozenset(), Close(run(1, "other"))),
    ("two dead ones: the older is closed first", [run(1), run(2)], frozenset(), Close(run(1))),
    ("closed long ago", [run(1, state="closed")], frozenset(), Start(2)),
    ("an operator's live run", [run(1, by="run")], frozenset({1}), Refuse(run(1, by="run"))),
    ("an operator's young run", [run(1, by="run", age=60)], frozenset(), Refuse(run(1, by="run", age=60))),
    ("an operator's run on the second", [run(1, by="run", age=120)], frozenset(), Close(run(1, by="run", age=120))),
    ("an operator's dead run", [run(1, by="run", age=200)], frozenset(), Close(run(1, by="run", age=200))),
    ("an operator's finished run", [run(1, by="run", state="succeeded")], frozenset(), Start(2)),
]


@pytest.mark.parametrize(("runs", "live", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_plan(runs: list[RunRecord], live: frozenset[int], expected: Plan) -> None:
    assert plan(runs, "same", "before", NOW, live) == expected


def test_the_other_phase_is_not_adopted() -> None:
    after = replace(run(1), phase="after")
    assert plan([after], "same", "before", NOW, frozenset()) == Close(after)
    assert plan([replace(after, state="succeeded")], "same", "before", NOW, frozenset()) == Start(2)


def test_only_an_operators_run_that_may_have_changed_the_schema_since_makes_a_success_worthless() -> None:
    mine = run(2, state="succeeded")
    before, reading = run(1, by="run", state="succeeded"), replace(run(3, by="run", state="failed"), read_only=True)
    assert plan([before, mine, reading], "same", "before", NOW, frozenset()) == TakeSuccess(mine)
    assert plan([mine, replace(reading, read_only=False)], "same", "before", NOW, frozenset()) == Start(4)
