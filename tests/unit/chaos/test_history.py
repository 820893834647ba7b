"""Answers as of some time ago, on a clock of the test's own."""

from __future__ import annotations

import time

import pytest

from bench.relay import Request, Response
from tests.chaos.history import History

REQUEST = Request("/", {"X-Amz-Target": "x.DescribeServices"}, b"{}")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made.monotonic)
    return made


def told(response: Response | None) -> str:
    return response.body.decode() if response else ""


def remembered(clock: Clock, *moments: float) -> History:
    kept = History(lambda request: Response(200, {}, b""))
    for moment in moments:
        clock.now = moment
        kept.keep(REQUEST, Response(200, {}, f"{moment:.0f}".encode()))
    return kept


def test_as_of(clock: Clock) -> None:
    kept = remembered(clock, 100, 101, 102, 103)
    clock.now = 103.5
    assert told(kept.as_of(REQUEST, 1.0)) == "102"
    assert told(kept.as_of(REQUEST, 3.0)) == "100"
    assert told(kept.as_of(REQUEST, 9.0)) == "100"  # as long ago as is known


def test_an_answer_of_long_before_does_not_stand_for_a_moment(clock: Clock) -> None:
    kept = remembered(clock, 100)
    clock.now = 106
    assert kept.as_of(REQUEST, 2.0) is None
    assert told(kept.oldest(REQUEST, 12.0)) == "100"
    clock.now = 113
    assert kept.oldest(REQUEST, 12.0) is None


def test_errors_and_other_requests_are_not_remembered(clock: Clock) -> None:
    kept = remembered(clock)
    kept.keep(REQUEST, Response(500, {}, b"no"))
    kept.keep(Request("/", REQUEST.headers, b"other"), Response(200, {}, b"other"))
    assert kept.oldest(REQUEST, 12.0) is None
