"""Log streams as CloudWatch Logs has them: empty pages, late streams, late lines, repeated tokens, throttling."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.aws.logs import LAST_LINES, LogTail
from sluice.diagnosis.verdict import StepFailed
from sluice.migration.step.shard_log import SHOWN_LINES
from tests.unit.sluice.migration.simulation import Ecs, Script, client_error
from tests.unit.sluice.rollout.deploying import Stage


class Stream:
    """Answers GetLogEvents from prepared pages: a page per token, in order; the last token comes back unchanged."""

    def __init__(self, *pages: list[str], troubles: dict[int, Exception] | None = None) -> None:
        self.pages = list(pages)
        self.troubles = troubles or {}
        self.calls = 0

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        if (trouble := self.troubles.pop(self.calls, None)) is not None:
            raise trouble
        place = int(request.get("nextToken", "f/0").removeprefix("f/"))
        page = self.pages[place] if place < len(self.pages) else []
        following = min(place + 1, len(self.pages))
        return {"events": [{"message": line, "timestamp": 0} for line in page], "nextForwardToken": f"f/{following}"}


def tail(stream: Stream) -> LogTail:
    return LogTail(stream, "/g", "m/app/1")


def drained(reader: LogTail) -> list[str]:
    """What the runner reads once a task has stopped."""
    lines = reader.read()
    while reader.more:
        lines += reader.read()
    return lines


def numbered(first: int, count: int) -> list[str]:
    return [f"line {number}" for number in range(first, first + count)]


@pytest.mark.parametrize(
    "pages",
    [
        [numbered(0, 10_000)],
        [numbered(start, 1000) for start in range(0, 10_000, 1000)],
        [[], [], numbered(0, 5000), [], [], [], [], [], [], numbered(5000, 5000)],
        [[]] * 12 + [numbered(0, 10_000)],
    ],
    ids=["one page", "ten pages", "empty pages between", "more empty pages first than one read takes"],
)
def test_ten_thousand_lines_are_all_read_once_and_in_order(pages: list[list[str]]) -> None:
    reader = tail(Stream(*pages))
    assert drained(reader) == numbered(0, 10_000)
    assert reader.count == 10_000
    assert list(reader.last) == numbered(10_000 - LAST_LINES, LAST_LINES)


def test_the_end_again_and_again_repeats_nothing() -> None:
    reader = tail(Stream(numbered(0, 3)))
    assert [drained(reader) for _ in range(4)] == [numbered(0, 3), [], [], []]
    assert reader.count == 3


def test_lines_that_come_after_the_end_are_read_from_there() -> None:
    stream = Stream(numbered(0, 3))
    reader = tail(stream)
    drained(reader)
    stream.pages.append(numbered(3, 2))
    assert drained(reader) == numbered(3, 2)


def test_a_stream_that_does_not_exist_yet_has_no_lines_yet() -> None:
    missing = {1: client_error("ResourceNotFoundException", "GetLogEvents")}
    reader = tail(Stream(numbered(0, 3), troubles=dict(missing)))
    assert drained(reader) == []
    assert drained(reader) == numbered(0, 3)


def test_throttling_in_the_middle_loses_no_line_and_repeats_none() -> None:
    throttled = {2: client_error("ThrottlingException", "GetLogEvents")}
    reader = tail(Stream(numbered(0, 1000), numbered(1000, 1000), troubles=dict(throttled)))
    with pytest.raises(type(throttled[2])):
        reader.read()
    assert drained(reader) == numbered(0, 2000)
    assert reader.count == 2000


def test_a_line_that_the_driver_split_is_shown_when_it_is_whole_or_when_the_log_ends() -> None:
    stream = Stream(["before", "x" * (16 * 1024 - 16) + "password=hunter2"])
    reader = tail(stream)
    assert reader.read(to_the_end=False) == ["before"]
    stream.pages.append(["hunter2 host=db", "after"])
    lines = drained(reader)
    assert lines[0].endswith("xpassword=*** host=db")
    assert lines[1:] == ["after"]
    assert reader.count == 3
    assert list(reader.last) == ["before", *lines]
    stream.pages.append(["y" * 16 * 1024])
    assert reader.read(to_the_end=False) == []
    assert len(drained(reader)) == 1
    assert reader.count == 4


class LateLogs(Ecs):
    """A cloud whose log streams come to be *after* seconds of the task, all lines at once, a thousand a page."""

    after = 0.0

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        task = self.tasks[0]
        if self.clock.time < task.created + self.after:
            raise client_error("ResourceNotFoundException", "GetLogEvents")
        lines = list(task.script.lines)
        known = int(request.get("nextToken", "f/0").removeprefix("f/"))
        page = lines[known : known + 1000]
        events = [{"message": line, "timestamp": 0} for line in page]
        return {"events": events, "nextForwardToken": f"f/{known + len(page)}"}


@pytest.mark.parametrize(("exit_code", "after"), [(0, 0.5), (0, 2.0), (1, 2.0), (1, 3.0), (1, 6.0)])
def test_what_is_printed_just_before_the_end_is_counted(exit_code: int, after: float) -> None:
    """Through the whole runner: a task of two seconds, its lines there before its end, with it, or seconds later.

    Only a failure waits for late lines: a success needs none of them, and every deployment would pay for the wait.
    """
    stage = Stage(Script(runs=2, exit=exit_code, lines=numbered(0, 10_000)))
    stage.ecs = cloud = LateLogs(stage.clock, stage.ecs.scripts)
    cloud.after = after
    if exit_code:
        with pytest.raises(StepFailed, match="line 9999"):
            stage.deploy()
    else:
        stage.deploy()
    told = "had printed 10000 lines" if exit_code else "exit code 0 after 2 s, 10000 lines"
    assert any(line.endswith(told) for line in stage.lines)
    assert sum(" | " in line for line in stage.lines) == SHOWN_LINES
    assert any("the rest is in log group /g" in line for line in stage.lines)
