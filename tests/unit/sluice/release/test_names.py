"""What an image is called: taken from a resource's input, kept within a record, shown short."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.errors import GateError
from sluice.release.names import MOST, Names, short

COMMIT = "1a5c0d0638b1" + "9" * 28


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, Names()),
        ({}, Names()),
        ({"version": "2.4"}, Names("2.4", "")),
        ({"revision": COMMIT}, Names("", COMMIT)),
        ({"version": "2.4", "revision": COMMIT, "author": "ann"}, Names("2.4", COMMIT)),
        ({"version": "", "revision": None}, Names()),
    ],
)
def test_names_are_read_from_an_input(given: dict[str, Any] | None, names: Names) -> None:
    assert Names.parse(given) == names


@pytest.mark.parametrize("key", ["version", "revision"])
def test_a_name_that_is_no_text_is_refused_by_its_key(key: str) -> None:
    with pytest.raises(GateError, match=rf"^names: {key} is 24; it must be a string$"):
        Names.parse({key: 24})


def test_a_long_name_is_cut_to_what_a_record_keeps() -> None:
    parsed = Names.parse({"version": "v" * (MOST + 1), "revision": "r" * MOST})
    assert parsed == Names("v" * MOST, "r" * MOST)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (Names("2.4", COMMIT), "version 2.4, revision 1a5c0d0638b1"),
        (Names("2.4", ""), "version 2.4"),
        (Names("", COMMIT), "revision 1a5c0d0638b1"),
        (Names(), ""),
    ],
)
def test_what_is_known_is_shown(names: Names, text: str) -> None:
    assert str(names) == text
    assert bool(names) is bool(text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (COMMIT, "1a5c0d0638b1"),
        (f"{COMMIT}-dirty", "1a5c0d0638b1-dirty"),
        (f"{COMMIT}-rc-1", "1a5c0d0638b1-rc-1"),
        ("0123456789ab", "0123456789ab"),
        ("0123456789abc", "0123456789ab"),
        ("fedcba9876543", "fedcba987654"),
        ("release-candidate", "release-candidate"),
        ("2026.11.27.1430", "2026.11.27.1430"),
        ("0123456789abX", "0123456789abX"),
        ("main", "main"),
    ],
)
def test_only_a_commit_or_a_hash_is_shortened(name: str, shown: str) -> None:
    assert short(name) == shown
