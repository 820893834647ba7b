"""The edges of a snapshot's name and tags."""

from __future__ import annotations

import pytest

from sluice.migration.snapshot.snapshot_name import IMAGE, RECORDS, RUN, Taken, snapshot_name, snapshot_tags, surplus
from tests.unit.sluice.migration.test_snapshot import RECORD_PATH, run_record, taken


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
