"""The pages about settings match the code."""

from __future__ import annotations

from pathlib import Path

from infra.settings.reading.document import document
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
