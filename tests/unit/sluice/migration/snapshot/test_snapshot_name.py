"""Names, tags and retention of the snapshots before a run."""

from __future__ import annotations

import re

import pytest

from sluice.migration.snapshot.snapshot_name import IMAGE, RECORDS, RUN, Taken, snapshot_name, snapshot_tags, surplus
from tests.unit.sluice.migration.snapshot.rds_stage import RECORD_PATH, run_record


@pytest.mark.parametrize(
    ("records", "number", "nonce", "name"),
    [
        ("/sluice/notes/prod/runs", 7, "ab12", "sluice-notes-prod-run-7-ab12"),
        ("/sluice/My_App/eu--west.1/runs", 12, "00ff", "sluice-my-app-eu-west-1-run-12-00ff"),
        ("/sluice/-a-/-b-/runs", 1, "a", "sluice-a-b-run-1-a"),
        ("/sluice/runs/runs/runs", 1, "", "sluice-runs-runs-run-1"),
    ],
)
def test_a_snapshot_is_named_after_its_run(records: str, number: int, nonce: str, name: str) -> None:
    assert snapshot_name(records, run_record(number, nonce)) == name


@pytest.mark.parametrize("length", [1, 100, 226, 227, 228, 229, 230, 400])
def test_any_name_is_one_that_rds_accepts(length: int) -> None:
    name = snapshot_name(f"/sluice/{'a-' * length}/ä/runs", run_record(123456))
    assert re.fullmatch(r"[a-z]([a-z0-9]|-(?!-))*[a-z0-9]", name)
    assert len(name) <= 255
    assert name.endswith("-run-123456-ab12cd34"), "two runs never share a name, however long the stack's is"


def taken(number: int, image: str = "sha256:aa", records: str = RECORD_PATH, status: str = "available") -> Taken:
    return Taken(f"s-{number}", status, float(number), {RECORDS: records, IMAGE: image, RUN: str(number)})


@pytest.mark.parametrize(
    ("found", "keep", "deleted"),
    [
        ([taken(1, "b"), taken(2, "c"), taken(9)], 2, ["s-1"]),
        ([taken(1, "b"), taken(2, "c"), taken(9)], 3, []),
        ([taken(1, "b"), taken(2, "c"), taken(9)], 1, ["s-1", "s-2"]),
        # somebody else's, and one made by hand under a name like ours
        ([taken(1, "b", "/sluice/notes/staging/runs"), taken(9)], 1, []),
        ([Taken("sluice-notes-prod-run-2", "available", 2, {}), taken(9)], 1, []),
        # the first one of the image at hand outlives its retries
        ([taken(1), taken(2), taken(3), taken(9)], 2, ["s-2"]),
        # one that is still being made is not counted, nor deleted; a failed one goes
        ([taken(1, "b", status="creating"), taken(2, "c", status="failed"), taken(9)], 1, ["s-2"]),
        ([], 1, []),
    ],
)  # fmt: skip
def test_only_what_is_ours_and_too_many_is_deleted(found: list[Taken], keep: int, deleted: list[str]) -> None:
    assert surplus(found, RECORD_PATH, "s-9", keep) == deleted


@pytest.mark.parametrize(("length", "kept"), [(229, 229), (230, 230), (231, 230), (400, 230)])
def test_a_long_name_is_cut_to_rds_longest(length: int, kept: int) -> None:
    """255 less ``sluice-`` and the run's 18."""
    name = snapshot_name(f"/sluice/{'a' * length}/runs", run_record(1234))
    assert name == f"sluice-{'a' * kept}-run-1234-ab12cd34"
    assert (len(name) == 255) is (length >= 230)


def test_a_cut_name_has_no_two_hyphens() -> None:
    assert snapshot_name(f"/sluice/{'a' * 229}-b/runs", run_record(1234)) == f"sluice-{'a' * 229}-run-1234-ab12cd34"


def test_only_hyphens_are_cut_off() -> None:
    assert snapshot_name("/sluice/X/-Xa-X-/runs", run_record(1, "ab")) == "sluice-x-xa-x-run-1-ab"
    assert snapshot_name("XX/sluice/a/runs", run_record(1, "ab")) == "sluice-xx-sluice-a-run-1-ab"


def test_tags_have_characters_that_rds_accepts_and_256_of_them() -> None:
    tags = snapshot_tags("/sluice/a#b(c)/runs", run_record(7, image="sha256:" + "a" * 300))
    assert tags == {RECORDS: "/sluice/a-b-c-/runs", RUN: "7", IMAGE: "sha256:" + "a" * 249}


def test_without_an_image_the_newest_alone_is_kept_for_it() -> None:
    found = [taken(1, image=""), taken(2, image="b"), Taken("s-9", "available", 9.0, {RECORDS: RECORD_PATH})]
    assert surplus(found, RECORD_PATH, "s-9", 1) == ["s-1", "s-2"]
