"""The judge must be able to condemn: each wrong verdict, run and claim on plain data."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos import allowances, judgement
from tests.chaos.deployer import Ended
from tests.chaos.engine import Verdict
from tests.chaos.faults import Kind
from tests.chaos.ledger import Behaviour, Scene, Step, Visit
from tests.chaos.proxy import Met
from tests.chaos.stack import Truth

GONE = allowances.unreachable()


def ended(verdict: Verdict, text: str = "", journal: tuple[Met, ...] = (), **more: Any) -> Ended:
    return Ended(int(verdict), f"line\n{verdict.name}: {text}\n", 0.0, 60.0, journal, **more)


def met(at: float, fault: Kind | None, operation: str = "DescribeTasks") -> Met:
    return Met(at, operation, 1, fault, True)


OUTAGE = (met(1, None), met(10, "reset before"), met(10 + GONE, "reset before"), met(11 + GONE, None))


@pytest.mark.parametrize(
    ("one", "behaviour", "wrong"),
    [
        (ended(Verdict.SUCCESS), "good", ""),
        (ended(Verdict.SUCCESS), "unfit", "success, but the version is not good: unfit"),
        (ended(Verdict.FAILED), "crash", ""),
        (ended(Verdict.FAILED), "good", "failed, but the version is good"),
        (ended(Verdict.FAILED, "Capacity", tuple(met(n, "failures[]", "RunTask") for n in range(3))), "good", ""),
        (ended(Verdict.UNKNOWN), "good", "unknown, but AWS could be asked (at most 0 s not)"),
        (ended(Verdict.UNKNOWN, journal=OUTAGE), "good", ""),
        (ended(Verdict.UNKNOWN, journal=(met(1, "expired"), met(2, None))), "good", ""),
        (ended(Verdict.REFUSED), "good", "it refused to go on, with no reason that would keep it from that"),
        (ended(Verdict.REFUSED, journal=OUTAGE), "good", ""),
        (ended(Verdict.INTERRUPTED), "good", "interrupted, by nobody"),
        (ended(Verdict.INTERRUPTED, interrupted=True), "good", ""),
        (ended(Verdict.KILLED), "good", "it was killed, by nobody here"),
        (ended(Verdict.KILLED, killed=True), "good", ""),
        (ended(Verdict.DEFECT), "crash", "a defect of the gate reached the user (exit code 7)"),
        (ended(Verdict.SUCCESS, "Traceback (most recent call last)"), "good", "a traceback reached the user"),
        (ended(Verdict.KILLED, killed=True, hung=True), "good", "it was not at its end after 60 s"),
    ],
)
def test_verdict(one: Ended, behaviour: Behaviour, wrong: str) -> None:
    assert list(judgement.verdict(one, behaviour)) == ([wrong] if wrong else [])


def test_a_deployer_that_ended_in_the_middle_of_an_outage_could_not_ask() -> None:
    assert judgement.unreachable([met(1, None), met(40, "5xx"), met(42, "cut body")], 60.0) == 20.0


def test_what_a_failure_says_serves_must_serve() -> None:
    truth = Truth("arn:td/chaos-1-serve:2", "COMPLETED", 2, {"healthy": 2})
    said = ended(Verdict.FAILED, "no\n  chaos-1-serve:1 serves again.")
    assert list(judgement.claims(said, truth, "arn:td/chaos-1-serve:2")) == [
        "it says that chaos-1-serve:1 serves, which is not what was proven last (chaos-1-serve:2)",
        "it says that chaos-1-serve:1 serves, but chaos-1-serve:2 COMPLETED, 2 running, targets {'healthy': 2} is "
        "what ECS has",
    ]
    right = ended(Verdict.FAILED, "no\n  chaos-1-serve:2 keeps serving.")
    assert list(judgement.claims(right, truth, "arn:td/chaos-1-serve:2")) == []


def scene(*visits: Visit) -> Scene:
    return Scene((Step("schema", 1),), lambda version, step, turn: 0.0, visits=list(visits))


def visit(begun: float, exit: int | None = 0, container: str = "c") -> Visit:
    return Visit(2, "schema", 0, container, begun, begun + 1, exit)


@pytest.mark.parametrize(
    ("visits", "stopped", "failures", "wrong"),
    [
        ((visit(1),), (), {}, 0),
        ((visit(1), visit(5)), (), {}, 1),
        ((visit(1, exit=1), visit(5)), (), {}, 0),
        ((visit(1, container="stopped"), visit(5)), ("stopped",), {}, 0),
        ((visit(1), visit(5)), (), {2: [3.0]}, 0),
        ((visit(1), visit(5)), (), {3: [3.0]}, 1),
    ],
)
def test_a_step_that_succeeded_is_run_again_for_a_reason_only(
    visits: tuple[Visit, ...], stopped: tuple[str, ...], failures: dict[int, list[float]], wrong: int
) -> None:
    assert len(list(judgement.repeated(scene(*visits), stopped, failures))) == wrong


def test_a_success_without_its_migration_is_a_lost_run() -> None:
    truth = Truth("td:2", "COMPLETED", 2, {"healthy": 2})
    assert list(judgement.success(truth, "td:2", scene(visit(1)), 2)) == []
    (lost,) = judgement.success(truth, "td:2", scene(visit(1, exit=1)), 2)
    assert "lost run" in lost
    (other,) = judgement.success(Truth("td:1", "COMPLETED", 2, {"healthy": 2}), "td:2", scene(visit(1)), 2)
    assert "td:1" in other
    (unsettled,) = judgement.success(Truth("td:2", "IN_PROGRESS", 2, {"healthy": 2}), "td:2", scene(visit(1)), 2)
    assert "not settled" in unsettled


def test_the_ledger_sees_two_at_once_and_what_comes_too_early_or_too_late() -> None:
    made = scene()
    hello = {"version": 2, "step": "schema", "shard": 0, "container": "c"}
    first, _ = made.begin(hello)
    made.begin(hello)
    assert "two at once" in made.wrong.pop()
    for one in made.visits:
        one.ended = 1.0
    made.serve({"version": 2, "container": "s"})
    assert "had not succeeded" in made.wrong.pop()
    first.exit = 0
    made.serve({"version": 2, "container": "s"})
    made.proven = 3
    made.begin(hello)
    assert "after version 3 had been proven" in made.wrong.pop()
    assert made.wrong == []


def test_an_after_step_must_not_begin_while_an_older_version_serves() -> None:
    made = Scene((Step("schema", 1), Step("contract", 1, "after")), lambda version, step, turn: 0.0)
    made.visits += [Visit(version, "schema", 0, "c", 1.0, 2.0, 0) for version in (1, 2)]
    made.serve({"version": 1, "container": "old"})
    made.serve({"version": 2, "container": "new"})
    hello = {"version": 2, "step": "contract", "shard": 0, "container": "c"}
    one, _ = made.begin(hello)
    one.ended = 3.0
    assert "still served" in made.wrong.pop()
    made.leave({"version": 1, "container": "old"})
    made.begin(hello)
    assert made.wrong == []
