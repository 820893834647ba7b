"""When the old version cannot live with the new schema."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.errors import GateError
from sluice.inputs.soak import Soak
from sluice.rollout.deployment.judge import TargetState
from sluice.rollout.proof.compatibility import Sample, over, unfit

WELL = TargetState({"healthy": 2}, ())
GOOD = Sample("", (WELL,))
BAD = Sample("GET / answered 503", (WELL,))
ILL = Sample("", (TargetState({"healthy": 1, "unhealthy": 1}, ("Target.ResponseCodeMismatch",)),))
LEAVING = Sample("", (TargetState({"healthy": 1, "initial": 1, "draining": 1}, ()),))
REPLACED = Sample("", (WELL,), ("Task failed container health checks",))


def unhealthy(*moments: float) -> list[Sample]:
    return [replace(ILL, at=one) for one in moments]


CASES: list[tuple[str, list[Sample], str]] = [
    ("nothing seen yet", [], ""),
    ("good", [GOOD] * 5, ""),
    ("one hiccup", [GOOD, BAD, GOOD, GOOD], ""),
    ("for ever", [BAD, BAD], "2 of 2 checks were bad: GET / answered 503"),
    ("one of two tasks, in turns", [BAD, GOOD, BAD], "2 of 3 checks were bad"),
    (
        "targets that stay unhealthy now",
        unhealthy(0, 1, 2, 5),
        "targets: 1 healthy, 1 unhealthy (Target.ResponseCodeMismatch)",
    ),
    ("unhealthy targets now and then", [*unhealthy(0), GOOD, *unhealthy(4), GOOD, *unhealthy(9)], ""),
    ("targets that have just become unhealthy", [GOOD, *unhealthy(1, 2, 3)], ""),
    ("targets come and go", [LEAVING] * 5, ""),
    ("a task was replaced: once is enough", [GOOD, REPLACED], "replaced: Task failed container health checks"),
]


@pytest.mark.parametrize(("samples", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_unfit(samples: list[Sample], says: str) -> None:
    found = unfit(samples)
    assert says in found
    assert bool(found) is bool(says)


@pytest.mark.parametrize(
    ("samples", "passed", "expected"),
    [([GOOD], 4, False), ([GOOD], 5, True), ([GOOD, BAD], 9, False), ([GOOD, BAD, GOOD], 9, True), ([], 9, False)],
)
def test_a_soak_never_ends_on_a_bad_look(samples: list[Sample], passed: float, expected: bool) -> None:
    assert over(samples, passed, 5) is expected


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"url": "http://x"}, "seconds is missing"),
        ({"seconds": -1, "url": "http://x"}, "at least 0"),
        ({"seconds": True, "url": "http://x"}, "seconds is True"),
        ({"seconds": 1, "url": "x"}, "must begin with http"),
        ({"seconds": 1, "url": "http://x", "path": "/"}, "unknown key 'path'"),
    ],
)
def test_wrong_inputs(raw: dict[str, Any], says: str) -> None:
    with pytest.raises(GateError, match=says):
        Soak.parse(raw)


def test_right_inputs() -> None:
    assert Soak.parse({"seconds": 0, "url": "http://x", "timeout": 3}) == Soak(0, "http://x", 3)
