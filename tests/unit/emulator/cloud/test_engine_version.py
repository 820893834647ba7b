"""Which changes of an instance's version RDS takes."""

from __future__ import annotations

import pytest

from emulator.cloud.rds.version import refusal


@pytest.mark.parametrize(
    ("current", "wanted", "allowed", "said"),
    [
        ("17", "17", False, ""),
        ("17.2", "17", False, ""),
        ("17", "17.6", False, ""),
        ("17", "18", False, "The AllowMajorVersionUpgrade flag must be present"),
        ("17.5", "18.1", False, "The AllowMajorVersionUpgrade flag must be present"),
        ("17", "18", True, "the local cloud converts no data directory"),
        ("17", "16", False, "Cannot upgrade postgres from 17 to 16"),
        ("17", "16", True, "Cannot upgrade postgres from 17 to 16"),
    ],
)
def test_a_major_version_is_changed_only_when_asked_for(current: str, wanted: str, allowed: bool, said: str) -> None:
    complaint = refusal(current, wanted, allowed=allowed)
    assert said in complaint
    assert bool(said) == bool(complaint)
