"""Who came since a deployer began: the sentence that names the other one, and the tolerance of their clocks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.author import Identity
from sluice.migration.entitlement import overtaken
from sluice.migration.records.record import RunRecord
from sluice.release.release_record import Release

ME = Identity("a", "ann@host", 1_700_000_000.0)
AT = 1_700_000_003
DIGEST = "sha256:" + "0123456789abcdef" * 4
RUN = RunRecord(5, "up", "g", DIGEST, "bob@host", AT, owner="b")
RELEASE = Release(7, f"repo@{DIGEST}", "arn:td/notes:9", AT, "ecs-svc/9", author="bob@host")


def test_a_later_run_is_named_by_its_author_image_and_time() -> None:
    assert overtaken([RUN], [RELEASE], ME) == (
        "bob@host started run 5 (`pulumi up`, image sha256:0123456789ab) at 2023-11-14 22:13:23 UTC"
    )


@pytest.mark.parametrize("digest", [DIGEST, f"repo@{DIGEST}"])
def test_a_later_release_is_named_by_its_author_image_and_time(digest: str) -> None:
    assert overtaken([], [replace(RELEASE, digest=digest)], ME) == (
        "release 7 (sha256:0123456789ab) was deployed by bob@host at 2023-11-14 22:13:23 UTC"
    )


def test_two_seconds_may_be_a_difference_of_the_clocks() -> None:
    assert overtaken([replace(RUN, started=AT - 1)], [replace(RELEASE, at=AT - 1)], ME) == ""
