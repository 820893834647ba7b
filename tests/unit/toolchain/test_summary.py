"""The last lines of `make up` and `make rehearse`."""

from __future__ import annotations

from typing import Any

import pytest

from local.summary import release, summary
from local.toolchain.progress import Timing

COMMIT = "1a5c0d0638b10172b37034fce069ac11bc8e4fe6"
RELEASE = {
    "digest": "sha256:" + "ab" * 32,
    "version": "2.4",
    "revision": f"{COMMIT}-dirty",
    "tag": "t",
    "time": "2026-11-27T09:12:03+00:00",
}


def outputs(run: int, time: str = RELEASE["time"], **more: Any) -> dict[str, Any]:
    steps = [
        {"name": "master", "tasks": [f"m{run}"], "seconds": 3},
        {"name": "tenants", "tasks": [f"t{run}", f"u{run}"], "seconds": 71},
    ]
    return {"url": "http://172.17.0.1:5000", "release": {**RELEASE, "time": time}, "migrations": steps, **more}


TIMINGS = [Timing("set-up", 0.4), Timing("pulumi up", 62.1), Timing("total", 63)]


def test_nothing_ran() -> None:
    lines = summary(outputs(1), outputs(1, topic="x" * 900), "200 OK", TIMINGS, "`sluice status`")
    assert lines == [
        "  url      http://172.17.0.1:5000 answers 200 OK",
        "  release  sha256:abababababab, version 2.4, revision 1a5c0d0638b1-dirty, proven 2026-11-27 09:12:03 UTC",
        "  ran      nothing: image, steps and settings are as they were",
        "  seconds  set-up 0.4 s, pulumi up 1 min 02 s, total 1 min 03 s",
        "  more     `sluice status`",
    ]


@pytest.mark.parametrize(
    ("before", "after", "ran"),
    [
        ({}, outputs(1), "master 3 s, tenants in 2 tasks 1 min 11 s, rollout"),
        (outputs(1), outputs(2), "master 3 s, tenants in 2 tasks 1 min 11 s"),
        (outputs(1), outputs(1, "2026-11-27T10:00:00+00:00"), "rollout"),
        (outputs(1), {**outputs(1), "migrations": None}, "nothing: image, steps and settings are as they were"),
    ],
)
def test_what_ran_is_named(before: dict[str, Any], after: dict[str, Any], ran: str) -> None:
    assert f"  ran      {ran}" in summary(before, after, "200 OK", TIMINGS, "")


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ({}, "none"),
        ({"digest": RELEASE["digest"]}, "sha256:abababababab"),
        ({**RELEASE, "version": "c" * 40, "revision": ""}, "sha256:abababababab, version cccccccccccc, proven 2026-"),
    ],
)
def test_a_release_has_the_names_that_are_known(known: dict[str, str], text: str) -> None:
    assert release(known).startswith(text)
