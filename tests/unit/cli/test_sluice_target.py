"""What is gone back to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.inputs.smoke import Smoke
from sluice.migration.operator_run import RunRefused
from sluice.migration.records.record import RunRecord
from sluice.release.release_record import Release
from sluice.rollout.rollback_target import after_steps, choose, named, smoke_of


def image(letter: str) -> str:
    return "sha256:" + letter * 64


def release(number: int, letter: str, at: int = 0) -> Release:
    return Release(number, f"repo@{image(letter)}", f"arn:…:task-definition/s:{number}", at, f"d-{number}")


A, B, C = release(1, "a"), release(2, "b"), release(3, "c")
CHOSEN = [
    ("the one before", [A, B, C], "c", None, "", B),
    ("not what is held", [A, B, C], "c", None, "b", A),
    ("after going back, further back", [A, B, release(3, "a")], "a", None, "", B),
    ("after going back, not to what was held", [C, A, B, release(4, "a")], "a", None, "b", C),
    ("the same image released twice is not the one before", [A, B, release(3, "b")], "b", None, "", A),
    ("a deploy that never became a release", [A, B], "c", None, "", B),
    ("by number", [A, B, C], "c", "1", "", A),
    ("by number with a hash", [A, B, C], "c", "#1", "", A),
    ("by digest", [A, B, C], "c", image("a"), "", A),
    ("by a reference", [A, B, C], "c", f"repo@{image('a')}", "", A),
    ("by the digest's beginning", [A, B, C], "c", "aaaaaaa", "", A),
    (
        "by git revision",
        [replace(A, revision="1a5c0d0638b1"), B, C],
        "c",
        "1a5c0d0",
        "",
        replace(A, revision="1a5c0d0638b1"),
    ),
    ("by version", [replace(A, version="v2.4"), B, C], "c", "v2.4", "", replace(A, version="v2.4")),
    (
        "of one image's releases the newest",
        [A, B, release(3, "a"), release(4, "c")],
        "c",
        "aaaaaaaa",
        "",
        release(3, "a"),
    ),
]


@pytest.mark.parametrize(
    ("releases", "current", "to", "held", "expected"), [one[1:] for one in CHOSEN], ids=[one[0] for one in CHOSEN]
)
def test_the_release_to_go_back_to(
    releases: list[Release], current: str, to: str | None, held: str, expected: Release
) -> None:
    assert choose(releases, image(current), to, {image(one) for one in held}) == expected


REFUSED = [
    ("nothing before", [A], "a", None, "", "there is no earlier one"),
    ("no release at all", [], "a", None, "", "releases: none"),
    ("all held", [A, B], "b", None, "a", "all earlier ones are held"),
    ("unknown number", [A, B], "b", "7", "", "has no release 7; it has: 2 "),
    ("unknown digest", [A, B], "b", image("f"), "", "has no release"),
    ("too short a digest", [A, B], "b", "aaaaaa", "", "has no release"),
    ("what serves", [A, B], "b", "2", "", "is what the service has now"),
    ("a held one by name", [A, B], "b", "1", "a", "sluice rollback --lift sha256:aaa"),
]


@pytest.mark.parametrize(
    ("releases", "current", "to", "held", "said"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_what_cannot_be_gone_back_to(
    releases: list[Release], current: str, to: str | None, held: str, said: str
) -> None:
    with pytest.raises(RunRefused, match=said):
        choose(releases, image(current), to, {image(one) for one in held})


def test_six_digits_are_a_number_seven_a_digest() -> None:
    assert named([release(123456, "a")], "123456") == release(123456, "a")
    assert named([Release(1, "r@sha256:1234567" + "0" * 57, "t", 0, "d")], "1234567") is not None


def test_after_steps_since_the_older_release_are_found() -> None:
    def run(number: int, phase: str, started: int) -> RunRecord:
        return RunRecord(number, "up", "f", image("b"), "ann", started, phase=phase)

    runs = [run(1, "after", 50), run(2, "before", 150), run(3, "after", 160), run(4, "run", 170)]
    assert [one.number for one in after_steps(runs, 100)] == [3]


ASKED = {
    "url": "http://lb/healthz",
    "address": "lb:80",
    "status": 200,
    "timeout": 3,
    "attempts": 2,
    "versionHeader": "X-Version",
    "version": "9",
    "body": "new",
    "json": {"schema": 9},
}
"""The newer release's smoke request."""
HERE = Smoke("http://lb/healthz", address="lb:80", timeout=3, attempts=2, version_header="X-Version")


@pytest.mark.parametrize(
    ("raw", "path", "expected"),
    [
        (ASKED, "/healthz", HERE),
        (ASKED, None, HERE),
        (ASKED, "/health?deep=1", replace(HERE, url="http://lb/health?deep=1")),
        (ASKED | {"status": 204}, "/health", replace(HERE, url="http://lb/health")),
        (ASKED, "", None),
        ({}, "/health", None),
    ],
    ids=["the same path", "an old record", "its own path", "its own status", "none", "nobody asks"],
)
def test_an_earlier_release_is_asked_where_it_answered(
    raw: dict[str, object], path: str | None, expected: Smoke | None
) -> None:
    """And for nothing that only the newer one says: its version, its text, its fields."""
    assert smoke_of(raw, path) == expected
