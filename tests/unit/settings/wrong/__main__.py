"""Writes docs/wrong-inputs.md."""

from tests.unit.settings.wrong import PAGE, page

PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
