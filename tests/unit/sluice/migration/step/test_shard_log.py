"""A shard's log: what is shown of it, when it is given up, and how long late lines are awaited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sluice.clock import Halt
from sluice.diagnosis.log_place import LogPlace
from sluice.migration.step.shard import Shard
from sluice.migration.step.shard_log import ShardLogs, printed
from tests.unit.sluice.migration.simulation import Clock, client_error

PLACE = LogPlace("/g", "migration", "app")
FIRST = {"logGroupName": "/g", "logStreamName": "migration/app/t0", "startFromHead": True}
DENIED = client_error("AccessDeniedException", "GetLogEvents")
THROTTLED = client_error("ThrottlingException", "GetLogEvents")
EXPIRED = client_error("ExpiredTokenException", "GetLogEvents")


class Streams:
    """CloudWatch Logs: lines that appear at a time of their own, and pages of a bounded size."""

    def __init__(self, clock: Clock, printed: dict[str, Sequence[tuple[float, str]]], page: int) -> None:
        self.clock, self.printed, self.page = clock, printed, page
        self.asked: list[dict[str, Any]] = []
        self.troubles: list[Exception] = []

    def get_log_events(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.troubles:
            raise self.troubles.pop(0)
        lines = self.printed[asked["logStreamName"].rpartition("/")[2]]
        begin = int(asked.get("nextToken", "f/0").removeprefix("f/"))
        due = [text for at, text in lines if at <= self.clock.elapsed][begin : begin + self.page]
        return {"events": [{"message": text} for text in due], "nextForwardToken": f"f/{begin + len(due)}"}


class Logs:
    """The logs of shards, with all that is shown and said of them."""

    def __init__(
        self,
        *printed: Sequence[tuple[float, str]],
        place: LogPlace | None = PLACE,
        page: int = 10_000,
        halts: dict[float, Halt] | None = None,
    ) -> None:
        self.clock = Clock(halts)
        self.streams = Streams(self.clock, {f"t{index}": lines for index, lines in enumerate(printed)}, page)
        self.shards = [Shard(index, task=f"arn:task/notes/t{index}") for index in range(len(printed))]
        self.shown: list[tuple[int, str]] = []
        self.said: list[tuple[int, str]] = []
        self.logs = ShardLogs(
            self.streams,
            self.clock,
            place,
            lambda text, shard: self.said.append((shard.index, text)),
            lambda line, shard: self.shown.append((shard.index, line)),
        )


def test_new_lines_are_shown_once_with_their_shard() -> None:
    stage = Logs([(0, "zero")], [(0, "one"), (0, "two"), (5, "three")])
    shard = stage.shards[1]
    stage.logs.read(shard)
    assert stage.shown == [(1, "one"), (1, "two")]
    stage.clock.wait(5)
    stage.logs.read(shard)
    assert stage.shown == [(1, "one"), (1, "two"), (1, "three")]
    assert (shard.shown, shard.read_at, shard.log_failures) == (3, stage.clock.now(), 0)
    assert stage.said == []


def test_a_read_goes_to_the_end_unless_the_task_runs() -> None:
    stage = Logs([(0, "one")])
    stage.logs.read(stage.shards[0], to_the_end=False)
    assert stage.streams.asked == [FIRST]
    stage.logs.read(stage.shards[0])
    assert stage.streams.asked == [FIRST, FIRST | {"nextToken": "f/1"}]
    stage = Logs([(0, "one")])
    stage.logs.read(stage.shards[0])
    assert stage.streams.asked == [FIRST, FIRST | {"nextToken": "f/1"}]


@pytest.mark.parametrize(("count", "shown"), [(399, 399), (400, 400), (401, 400), (403, 400)])
def test_a_long_log_is_cut_and_the_rest_is_named_once(count: int, shown: int) -> None:
    stage = Logs([(0, f"line {number}") for number in range(count)])
    stage.logs.read(stage.shards[0])
    assert stage.shown == [(0, f"line {number}") for number in range(shown)]
    rest = "400 lines were shown; the rest is in log group /g, stream migration/app/t0"
    assert stage.said == ([(0, rest)] if count > shown else [])
    assert stage.shards[0].shown == count


def test_a_denied_log_is_one_warning_and_is_not_read_again() -> None:
    stage = Logs([], [(0, "one")])
    shard = stage.shards[1]
    stage.streams.troubles = [DENIED]
    stage.logs.read(shard, to_the_end=False)
    stage.logs.read(shard)
    stage.logs.drain(shard)
    assert stage.said == [(1, f"warning: its log in log group /g cannot be read: {DENIED}")]
    assert len(stage.streams.asked) == 1
    assert (shard.log_unreadable, shard.log_failures, stage.shown) == (True, 1, [])


def test_expired_credentials_are_left_to_the_polling_of_the_task() -> None:
    stage = Logs([(0, "one")])
    stage.streams.troubles = [EXPIRED]
    stage.logs.read(stage.shards[0])
    stage.logs.read(stage.shards[0])
    assert stage.said == []
    assert len(stage.streams.asked) == 1


def test_a_throttled_log_of_a_running_task_is_never_given_up() -> None:
    stage = Logs([(0, "one")])
    shard = stage.shards[0]
    stage.streams.troubles = [THROTTLED] * 9
    for failures in range(1, 10):
        stage.logs.read(shard, to_the_end=False)
        assert (shard.log_failures, shard.log_unreadable) == (failures, False)
    stage.logs.read(shard, to_the_end=False)
    assert (shard.log_failures, stage.shown, stage.said) == (0, [(0, "one")], [])


def test_a_throttled_log_of_an_ended_task_is_read_after_pauses() -> None:
    stage = Logs([(0, "one")])
    stage.streams.troubles = [THROTTLED] * 5
    stage.logs.drain(stage.shards[0])
    assert (stage.shown, stage.said) == ([(0, "one")], [])
    assert stage.clock.elapsed == 5 * 1.5
    assert stage.shards[0].log_failures == 0


def test_a_log_of_an_ended_task_is_given_up_after_six_failures() -> None:
    stage = Logs([(0, "one")])
    stage.streams.troubles = [THROTTLED] * 9
    stage.logs.drain(stage.shards[0])
    assert stage.said == [(0, f"warning: its log in log group /g cannot be read: {THROTTLED}")]
    assert (len(stage.streams.asked), stage.clock.elapsed) == (6, 5 * 1.5)


def test_a_log_that_is_longer_than_one_read_is_read_to_its_end_without_a_pause() -> None:
    stage = Logs([(0, str(number)) for number in range(12)], page=1)
    stage.logs.drain(stage.shards[0])
    assert [line for _, line in stage.shown] == [str(number) for number in range(12)]
    assert stage.clock.elapsed == 0


def test_ctrl_c_ends_the_reading() -> None:
    stage = Logs([(0, str(number)) for number in range(12)], page=1, halts={0: Halt.STOP})
    stage.logs.drain(stage.shards[0])
    assert len(stage.shown) == 5
    stage.logs.await_late(stage.shards)
    assert (len(stage.shown), stage.clock.elapsed) == (5, 0)


AT_ONCE, LATE = [(0.0, "one")], [(1.0, "late")]


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (AT_ONCE, 1.5),
        ([], 6.0),  # nothing at all: the stream may not exist yet
        (LATE, 3.0),
        ([*AT_ONCE, *LATE], 3.0),
        ([*AT_ONCE, *LATE, (2.9, "later")], 4.5),
        ([*AT_ONCE, (1.0, "a"), (2.0, "b"), (4.0, "c"), (5.0, "d"), (7.0, "too late")], 6.0),
    ],
)
def test_late_lines_are_awaited_until_none_comes_any_more(lines: list[tuple[float, str]], seconds: float) -> None:
    stage = Logs(lines)
    stage.logs.drain(stage.shards[0])
    stage.logs.await_late(stage.shards)
    assert stage.clock.elapsed == seconds
    assert stage.shown == [(0, text) for at, text in lines if at <= seconds]


def test_shards_are_awaited_together_and_only_as_long_as_each_needs() -> None:
    stage = Logs(AT_ONCE, [])
    for shard in stage.shards:
        stage.logs.drain(shard)
    stage.streams.asked.clear()
    stage.logs.await_late(stage.shards)
    assert stage.clock.elapsed == 6.0
    read = [asked["logStreamName"].rpartition("/")[2] for asked in stage.streams.asked]
    assert read == ["t0", *["t1"] * 4]


def test_a_log_elsewhere_is_neither_read_nor_awaited() -> None:
    stage = Logs(AT_ONCE, place=None)
    stage.logs.drain(stage.shards[0])
    stage.logs.await_late(stage.shards)
    assert (stage.streams.asked, stage.clock.elapsed, stage.shown, stage.said) == ([], 0, [], [])


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "it had printed nothing"), (1, "it had printed 1 line"), (2, "it had printed 2 lines")],
)
def test_how_much_a_task_had_printed(count: int, text: str) -> None:
    stage = Logs([(0, "line")] * count)
    assert printed(stage.shards[0]) == "it had printed nothing", "before its log is read"
    stage.logs.read(stage.shards[0])
    assert printed(stage.shards[0]) == text
