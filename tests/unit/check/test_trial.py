"""Which steps did anything: a step that changes nothing was not tried."""

from __future__ import annotations

from typing import cast

import pytest

from check.migrations.statement import SqlStatement
from check.migrations.steps import FinishedStep, TrialPlace
from check.migrations.trial import Trial, idle, looks, tally
from infra.settings.migrations import Step

LOOKS = ["SELECT id FROM tenants", "BEGIN", "COMMIT"]
WORKS = ["BEGIN", "CREATE TABLE a (b int)", "INSERT INTO knex_migrations VALUES (1)", "INSERT INTO a VALUES (1)"]


def ran(name: str, statements: list[str], database: str = "shop") -> FinishedStep:
    return FinishedStep(
        Step(name=name, command=["x"]), 0.1, tuple(SqlStatement(one, database=database) for one in statements)
    )


def trial(before: list[FinishedStep], pending: list[FinishedStep]) -> Trial:
    return Trial(cast(TrialPlace, None), before=before, pending=pending)


def test_each_steps_statements_are_counted() -> None:
    found = trial([ran("master", WORKS)], [ran("master", []), ran("tenants", WORKS * 2), ran("verify", LOOKS)])
    assert tally(found) == "master 0 (2 with the released ones), tenants 4, verify 0"


def test_a_step_that_changed_nothing_in_any_run_is_named() -> None:
    pending = [ran("master", []), ran("tenants", LOOKS), ran("verify", LOOKS)]
    assert [step.name for step in idle(trial([ran("master", WORKS)], pending))] == ["tenants"]
    assert idle(trial([ran("master", WORKS), ran("tenants", WORKS)], pending)) == []
    assert idle(trial([ran("master", WORKS)], [ran("master", []), ran("tenants", WORKS)])) == []


def test_a_step_that_visited_what_the_seed_made_was_tried() -> None:
    """A database or a schema of a tenant, in which nothing was pending."""
    found = trial([], [ran("tenants", LOOKS, "shop_acme")])
    found.seeded = frozenset({"shop_acme"})
    assert idle(found) == []
    found.pending = [ran("tenants", ["SET search_path TO acme", *LOOKS])]
    found.seeded = frozenset({"acme"})
    assert idle(found) == []
    found.pending = [ran("tenants", LOOKS)]
    assert [step.name for step in idle(found)] == ["tenants"]


@pytest.mark.parametrize(
    ("command", "only"),
    [
        (["migrate", "verify"], True),
        (["npx", "prisma", "migrate", "status"], True),
        (["bin/rails", "db:abort_if_pending_migrations"], True),
        (["flyway", "validate"], True),
        (["alembic", "current", "--check-heads"], True),
        (["migrate", "tenants"], False),
        (["alembic", "upgrade", "head"], False),
        (["sh", "scripts/entrypoint.sh"], False),
    ],
)
def test_a_step_that_only_looks(command: list[str], only: bool) -> None:
    assert looks(Step(name="x", command=command)) is only
