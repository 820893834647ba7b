"""The bench's tables: medians, ratios, and who was right."""

from __future__ import annotations

from collections import Counter

from bench.admission import Cost
from bench.admission import rows as admission_rows
from bench.measure import Ran
from bench.report import aligned, markdown, ratio, rollout_rows, task_rows
from bench.rollouts import Rolled
from bench.tasks import Measured


def ran(seconds: float, code: int, calls: int = 1) -> Ran:
    return Ran(100.0, 100.0 + seconds, code, "", Counter({"DescribeTasks": calls}))


def test_tasks_have_medians_and_ratios() -> None:
    measured = [Measured("2 s", "AWS CLI", ran(seconds, 0, 5), 7.0, True, True) for seconds in (90, 8, 9)]
    measured += [Measured("2 s", "Sluice", ran(3, 0, 20), 0.25, True, True)]
    assert task_rows(measured) == [
        ["2 s", "AWS CLI", "3", "9.0 s", "3.0", "7.00 s", "5", "0", "right", "yes"],
        ["2 s", "Sluice", "1", "3.0 s", "1.0", "0.25 s", "20", "0", "right", "yes"],
    ]


def test_a_tool_that_does_not_wait_knows_nothing() -> None:
    started = [Measured("2 s", "starter", ran(1, 0), None, True, False)]
    failed = [Measured("exit 3", "starter", ran(1, 0), None, False, False)]
    ours = [Measured(case, "Sluice", ran(2, 0), 0.1, True, True) for case in ("2 s", "exit 3")]
    rows = task_rows([*started, *failed, *ours])
    assert rows[0][4:] == ["-", "does not wait", "1", "0", "unknown to it", "no"]
    assert [row[-2] for row in rows if row[:2] == ["exit 3", "starter"]] == ["wrong"]


def test_a_rollback_called_a_success_is_wrong() -> None:
    rolled = [
        Rolled("crash loop", "AWS CLI", ran(18, 0), False, False),
        Rolled("crash loop", "Sluice", ran(9, 1), True, True),
        Rolled("good", "Sluice", ran(4, 0), True, False),
    ]
    rows = rollout_rows(rolled)
    assert [row[0] for row in rows] == ["good", "crash loop", "crash loop"]
    assert [row[7] for row in rows] == ["right", "wrong: calls it a success", "right"]
    assert rows[1][4] == "2.0"


def test_tables_and_ratios() -> None:
    assert markdown(["a"], [["b"]]) == "| a |\n| --- |\n| b |"
    assert aligned(["a", "b"], [["long", "c"]]) == "a     b\nlong  c"
    assert (ratio(3, 2), ratio(3, 0)) == ("1.5", "-")


def test_a_look_costs_its_most_calls_and_its_median_seconds() -> None:
    costs = [Cost("new", calls, seconds, 0.1, 0) for calls, seconds in ((12, 0.3), (11, 0.9), (12, 0.2))]
    assert admission_rows([*costs, Cost("again", 12, 0.1, 0.05, 1)]) == [
        ["new", "3", "12", "0.30 s", "0.90 s", "0.10 s", "0"],
        ["again", "1", "12", "0.10 s", "0.10 s", "0.05 s", "1"],
    ]
