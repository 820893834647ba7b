"""The pages about settings match the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from infra.settings.reading.document import document, one_line, type_of
from tests.unit.settings import wrong
from tests.unit.settings.wrong import WRONG

ROOT = Path(__file__).parents[4]


def test_the_settings_page_is_current() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == document(), "stale: python -m infra.settings.reading.document > docs/settings.md"


def test_every_setting_has_a_description() -> None:
    assert [line for line in document().splitlines() if line.endswith("|  |")] == []


def test_the_page_of_wrong_inputs_is_current() -> None:
    page = wrong.PAGE.read_text(encoding="utf-8")
    assert page == wrong.page(page), "stale: python -m tests.unit.settings.wrong"


def test_every_wrong_input_has_its_own_name() -> None:
    names = [row[0] for row in WRONG]
    assert len(names) == len(set(names)) >= 250


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (bool, "true or false"),
        (str | None, "text"),
        (Annotated[int, Field(ge=1, le=5)] | None, "whole number (at least 1, at most 5)"),
        (Annotated[str, Field(pattern="^a$", max_length=3)], "text (at most 3 characters, `^a$`)"),
        (Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=2)],
         "list (at least 2 entries) of text (not empty)"),
        (Literal["all"] | list[str], "`all` or list of text"),
        (dict[str, str], "names to values"),
    ],
)  # fmt: skip
def test_a_type_has_its_limits(annotation: Any, text: str) -> None:
    assert type_of(annotation) == text


def test_a_page_becomes_a_link() -> None:
    assert one_line("See docs/snapshot-copies.md\nand Pulumi.yaml.") == (
        "See [snapshot-copies](snapshot-copies.md) and Pulumi.yaml."
    )
