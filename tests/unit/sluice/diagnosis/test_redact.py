"""Credentials that programs print."""

from __future__ import annotations

import pytest

from sluice.diagnosis.redaction.redact import redact
from tests.unit.sluice.diagnosis.carriers import MASKED, ORDINARY


@pytest.mark.parametrize(("line", "shown"), MASKED, ids=[line[:60] for line, _ in MASKED])
def test_a_secret_is_masked_and_nothing_else(line: str, shown: str) -> None:
    assert redact(line) == shown


@pytest.mark.parametrize("line", ORDINARY)
def test_an_ordinary_line_stays(line: str) -> None:
    assert redact(line) == line


@pytest.mark.parametrize("line", [shown for _, shown in MASKED])
def test_a_masked_line_stays_as_it_is(line: str) -> None:
    assert redact(line) == line
