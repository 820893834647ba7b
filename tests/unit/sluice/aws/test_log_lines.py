"""Events of a stream as lines: what the log driver splits, what is masked over several lines, what it costs."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

import pytest

from sluice.aws.log_lines import LogLines, whole_lines
from sluice.diagnosis.redaction.printable import LONGEST_LINE, printable
from sluice.diagnosis.redaction.redact import redact
from sluice.diagnosis.signature import recognise
from tests.unit.sluice.diagnosis.carriers import PEM

KIB_16 = 16 * 1024
EVENT = 262_144 - 26


def split(line: str, size: int) -> list[str]:
    """As the log driver does it: bytes, and what is no character any more replaced as JSON in Go does."""
    data = line.encode()
    return [data[at : at + size].decode(errors="replace") for at in range(0, len(data), size)]


def read(events: Sequence[str]) -> list[str]:
    """One event at a time: as late as they may come."""
    reader = LogLines()
    lines = [line for event in events for line in reader.add([event])] + reader.rest()
    assert reader.count == len(lines)
    return lines


@pytest.mark.parametrize("size", [KIB_16, EVENT])
@pytest.mark.parametrize("place", range(-12, 13))
def test_a_secret_stays_masked_wherever_the_line_is_split(size: int, place: int) -> None:
    head = "x" * (size + place - len(" postgresql://app:hunter2")) + " postgresql://app:"
    lines = read(["before", *split(f"{head}hunter2hunter2@db:5432/notes and more of that line", size), "after"])
    assert len(lines) == 3
    assert lines[0] == "before"
    assert lines[1].endswith(" postgresql://app:***@db:5432/notes and more of that line")
    assert lines[2] == "after"


def test_a_secret_over_three_events_stays_masked() -> None:
    secret = "s3" * KIB_16
    lines = read(split(f"DB_PASSWORD={secret} DB_HOST=db", KIB_16))
    assert lines == ["DB_PASSWORD=*** DB_HOST=db"]


def test_the_rest_of_fargate_s_buffer_is_no_line_of_its_own() -> None:
    """Non-blocking mode: 262,118 bytes, 26, and the rest."""
    line = "y" * (EVENT - 5) + "token=" + "z" * 40 + " end"
    events = [line[:EVENT], line[EVENT : EVENT + 26], line[EVENT + 26 :]]
    lines = read(events)
    assert len(lines) == 1
    assert lines[0].endswith("token=*** end")


@pytest.mark.parametrize("place", range(4))
def test_a_character_that_was_cut_counts_once(place: int) -> None:
    line = "x" * (KIB_16 - place) + "⠋ tail"
    shown = read([*split(line, KIB_16), "next"])
    assert shown[1:] == ["next"]
    assert shown[0].endswith("⠋ tail" if place in (0, 3) else "x\ufffd tail")


@pytest.mark.parametrize("place", range(1, 6))
def test_a_sequence_that_was_cut_is_one(place: int) -> None:
    line = "x" * (KIB_16 - place) + "\x1b[31mred\x1b[0m"
    assert read(split(line, KIB_16))[0].endswith("xred")


def test_a_line_that_is_not_known_to_end_is_shown_at_the_end_and_again_with_what_comes_late() -> None:
    reader = LogLines()
    first, second = split("x" * (KIB_16 - 16) + "password=hunter2hunter2 end", KIB_16)
    assert reader.add([first]) == []
    (shown,) = reader.rest()
    assert shown.endswith("x" + "password=***")
    assert reader.rest() == []
    (whole,) = reader.add([second])
    assert whole.endswith("password=*** end")
    assert reader.count == 1


def test_events_with_several_lines() -> None:
    assert read(["a\nb\r\nc\n", "", "d"]) == ["a", "b", "c", "", "d"]


def test_ten_thousand_frames_are_one_line() -> None:
    frames = "".join(f"\x1b[2K\x1b[1G\x1b[36m⠋\x1b[39m migrating tenant {number}…\r" for number in range(10_000))
    assert read(split(frames, KIB_16)) == ["⠋ migrating tenant 9999…"]
    without = frames.replace("\r", "")
    assert read([without]) == ["⠋ migrating tenant 9999…"]
    assert read(split(without, KIB_16)) == ["⠋ migrating tenant 9999…"]


def test_a_line_without_end_is_bounded_and_says_how_much_is_missing() -> None:
    (shown,) = read(split("first " + "x" * 5_000_000 + " last", KIB_16))
    assert len(shown) <= LONGEST_LINE + 10
    assert shown.startswith("first x")
    assert shown.endswith("x last")
    count = int(shown.partition("[")[2].partition(" ")[0])
    assert (
        count + len(shown) - len(f" … [{count} characters are not shown; the full text is in the log] … ") == 5_000_011
    )


def test_a_private_key_stays_masked_over_lines_and_reads() -> None:
    shown = ["-----BEGIN RSA PRIVATE KEY-----", "***", "***", "-----END RSA PRIVATE KEY-----", "migrated"]
    assert read([*PEM.split("\n"), "migrated"]) == shown
    assert whole_lines([*PEM.split("\n")[1:], "migrated"]) == shown[1:]


def test_a_private_key_without_end_hides_no_ordinary_line() -> None:
    lines = ["expected -----BEGIN PRIVATE KEY-----", "at /app/node_modules/pg/lib/client.js:132:17", "exit status 1"]
    assert read(lines) == lines


# -- what it costs

FRAME = "\x1b[2K\x1b[1G\x1b[36m⠋\x1b[39m migrating tenants…"
LOGS = {
    "frames": f"{FRAME}\r",
    "frames without a carriage return": FRAME,
    "one letter": "a",
    "words": "no such file or directory, relation of that environment variable; ",
    "SQL": "INSERT INTO notes (id, title, created_at) VALUES (1, 'hello world', now()); -- primary key\n",
    "JSON": '{"level":"info","time":1700000000,"msg":"applied migration","name":"0003_titles","duration_ms":12}\n',
    "a password now and then": "connecting to postgresql://app:hunter2@db:5432/notes\n"
    + "applied 0003_titles in 12 ms\n" * 40,
}


def cost(work: Callable[[], object]) -> float:
    """Seconds of this process, the best of five: other processes of the machine do not count."""
    best = float("inf")
    gc.disable()
    try:
        for _ in range(5):
            begun = time.process_time()
            work()
            best = min(best, time.process_time() - begun)
    finally:
        gc.enable()
    return best


def log(pattern: str, size: int) -> list[str]:
    return (pattern * (size // len(pattern) + 1))[:size].split("\n")


STAGES: dict[str, Callable[[list[str]], object]] = {
    "recognising": recognise,
    "masking": lambda lines: redact("\n".join(lines)),
    "cleaning": lambda lines: [printable(line) for line in lines],
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", LOGS)
def test_a_megabyte_costs_less_than_a_tenth_of_a_second(name: str, stage: str) -> None:
    lines = log(LOGS[name], 1_000_000)
    assert cost(lambda: STAGES[stage](lines)) < 0.1


HOSTILE = (
    "password=", "password=x ", "key=", "://", "a://b:c@d", "a://", "--key ", "password='", "password '",
    '"password":"x",', "-----BEGIN PRIVATE KEY-----\n", "eyJ", "?sig=", "%25", "\\", "\x1b]", "\x9d", "\x9b", "\x1b[",
    "identified by ", "a\b", " \r", "relation ", "environment variable ", "migrat", "first ",
)  # fmt: skip


def all_stages(pattern: str, size: int) -> Callable[[], object]:
    lines = log(pattern, size)
    return lambda: [stage(lines) for stage in STAGES.values()]


@pytest.mark.parametrize("name", LOGS)
def test_two_megabytes_cost_twice_as_much_as_one(name: str) -> None:
    """What grows with the square costs four times as much."""
    assert cost(all_stages(LOGS[name], 2_000_000)) < 3 * cost(all_stages(LOGS[name], 1_000_000)) + 0.03


@pytest.mark.parametrize("pattern", HOSTILE)
def test_what_is_made_to_be_slow_costs_four_times_as_much_when_it_is_four_times_as_long(pattern: str) -> None:
    """What grows with the square costs sixteen times as much."""
    assert cost(all_stages(pattern, 100_000)) < 9 * cost(all_stages(pattern, 25_000)) + 0.02


def test_long_lines_cost_no_more_than_what_is_shown_of_them() -> None:
    """The whole way, in the events that the driver makes: ten thousand frames, and a line of secrets."""
    for pattern in (f"{FRAME}\r", "password=x "):
        events = split((pattern * 200_000)[:1_000_000], KIB_16)
        assert cost(lambda events=events: LogLines().add(events)) < 0.2  # type: ignore[misc]
