"""Small rules: the client token's life, log lines, image references."""

from __future__ import annotations

import pytest

from emulator.cloud.ecr.reference import split
from emulator.cloud.ecs.containers.log_events import LogEvents, SeenFrames, milliseconds
from emulator.cloud.ecs.token import Use, alive, fingerprint

HOUR = 3600.0


@pytest.mark.parametrize(
    ("stopped", "now", "expected"),
    [
        ([None], 23 * HOUR, True),
        ([None], 24 * HOUR, False),
        ([10.0], HOUR, True),
        ([10.0], HOUR + 10, False),
        ([10.0, None], 5 * HOUR, True),
        ([10.0, 2 * HOUR], 2.5 * HOUR, True),
        ([10.0, 2 * HOUR], 3 * HOUR, False),
        ([23.5 * HOUR], 24 * HOUR, False),
    ],
)
def test_a_token_lives_a_day_or_an_hour_after_its_task(stopped: list[float | None], now: float, expected: bool) -> None:
    assert alive(Use("", ("task",), 0.0), stopped, now) is expected


def test_parameters_are_compared_without_the_token_and_in_order() -> None:
    one = fingerprint({"a": 1, "b": [1, 2], "clientToken": "x"})
    assert one == fingerprint({"b": [1, 2], "a": 1, "clientToken": "y"})
    assert one != fingerprint({"a": 1, "b": [2, 1]})


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("notes", ("notes", "latest")),
        ("127.0.0.1:5000/notes", ("127.0.0.1:5000/notes", "latest")),
        ("127.0.0.1:5000/a/notes:v1", ("127.0.0.1:5000/a/notes", "v1")),
        ("127.0.0.1:5000/notes@sha256:ab", ("127.0.0.1:5000/notes", "sha256:ab")),
    ],
)
def test_image_references(image: str, parts: tuple[str, str]) -> None:
    assert split(image) == parts


def test_lines_are_whole_and_keep_their_time() -> None:
    stamp, later = "2026-11-21T10:00:00.123456789Z", "2026-11-21T10:00:01Z"
    lines = LogEvents()
    frames = [f"{stamp} one\n", f"{stamp} long", f"{later} er\n{later} \n", f"{later} no end"]
    events = [event for frame in frames for event in lines.add(frame.encode())] + lines.rest()
    assert [event["message"] for event in events] == ["one", "longer", "no end"]
    assert [event["timestamp"] for event in events] == [milliseconds(stamp), milliseconds(stamp), milliseconds(later)]
    assert milliseconds(later) == 1795255201000
    assert milliseconds("no") is None


def test_the_end_of_a_log_read_twice_counts_once() -> None:
    def frame(second: int, text: str) -> bytes:
        return f"2026-11-21T10:00:{second:02}.5Z {text}".encode()

    first = [(1, frame(1, "old")), (1, frame(10, "same")), (1, frame(10, "same")), (2, frame(9, "overtaken"))]
    missed = [(1, frame(10, "same")), (1, frame(9, "late")), (2, frame(11, "last"))]
    seen = SeenFrames()
    assert seen.since() == 0
    assert all(seen.new(*one) for one in first)
    assert seen.since() == milliseconds("2026-11-21T10:00:08Z") // 1000  # type: ignore[operator]
    assert [one for one in [*first[1:], *missed] if seen.new(*one)] == missed
