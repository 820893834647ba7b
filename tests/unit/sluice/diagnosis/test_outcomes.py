"""The account of outcomes is complete, and the page says what the code does."""

from __future__ import annotations

import pytest

from sluice.diagnosis.signature import SIGNATURES, recognise
from sluice.diagnosis.verdict import retryable
from tests.unit.sluice.diagnosis.known_lines import KNOWN_LINES
from tests.unit.sluice.diagnosis.outcomes import CASES, PAGE, Case, page


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_end_is_told_with_cause_and_remedy(case: Case) -> None:
    outcome = case.outcome()
    assert outcome.kind is case.kind
    text = f"{outcome.title} {outcome.cause} {outcome.remedy}"
    for part in case.says:
        assert part in text
    assert outcome.succeeded == (case.kind.value == "succeeded")
    assert retryable(outcome) == (case.kind.value == "not started" and not case.lasting)
    if case.kind.value not in ("succeeded", "running"):
        assert outcome.remedy, "a failure without a remedy"


@pytest.mark.parametrize(("name", "line"), KNOWN_LINES, ids=[line for _, line in KNOWN_LINES])
def test_a_known_line_is_recognised(name: str, line: str) -> None:
    found = recognise(["starting", line, "    at somewhere (file:1)"])
    assert found is not None
    assert (found.signature.name, found.line) == (name, line)


def test_every_signature_has_a_line() -> None:
    assert {one.name for one in SIGNATURES} == {name for name, _ in KNOWN_LINES}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "applied 0003_titles",
        "INFO  [alembic.runtime.migration] Running upgrade 0002 -> 0003, add the table that does not exist yet",
        "connected to db",
        "done: 12 tenants",
        'NOTICE:  relation "notes" already exists, skipping',
        'psql:1.sql:3: table "notes" does not exist, skipping',
        "No pending migrations to apply.",
        "  Applying notes.0001_initial... OK",
        "== 20240612 CreateNotes: migrated (0.0076s) ==",
        'Schema "public" is up to date. No migration necessary.',
        "KeyError: 'name'",
    ],
)
def test_an_ordinary_line_is_nothing(line: str) -> None:
    assert recognise([line]) is None


def test_the_last_known_line_counts() -> None:
    found = recognise(["connection refused, trying again", 'ERROR: relation "notes" does not exist', "exit"])
    assert found is not None
    assert found.signature.name == "relation missing"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: .venv/bin/python -m tests.unit.sluice.diagnosis.outcomes"
