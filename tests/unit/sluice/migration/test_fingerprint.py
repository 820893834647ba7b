"""What makes the steps run again, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject, changed

SUBJECT = MigrationSubject(
    image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/notes@sha256:" + "a" * 64,
    steps=(Step("master", ("migrate", "master")), Step("verify", ("migrate", "verify"))),
    environment={"DB_HOST": "db", "DB_NAME": "notes"},
    secrets={"DB_PASSWORD": "arn:secret:password::"},
    database="db-ABC",
)

RUNS_AGAIN = {
    "the image": replace(SUBJECT, image=SUBJECT.image.replace("a" * 64, "b" * 64)),
    "the steps": replace(SUBJECT, steps=SUBJECT.steps[:1]),
    "the migration task's environment": replace(SUBJECT, environment={"DB_HOST": "other", "DB_NAME": "notes"}),
    "the migration task's secrets": replace(SUBJECT, secrets={"DB_PASSWORD": "arn:other:password::"}),
    "the database itself (recreated or restored)": replace(SUBJECT, database="db-XYZ"),
}


@pytest.mark.parametrize("words", RUNS_AGAIN)
def test_runs_again(words: str) -> None:
    assert changed(SUBJECT, RUNS_AGAIN[words]) == [words]
    assert RUNS_AGAIN[words].fingerprint != SUBJECT.fingerprint


@pytest.mark.parametrize(
    "same",
    [
        replace(SUBJECT, image="other.example/notes@sha256:" + "a" * 64),
        replace(SUBJECT, environment={"DB_NAME": "notes", "DB_HOST": "db"}),
        replace(SUBJECT, steps=(replace(SUBJECT.steps[0], timeout=5, attempts=9), SUBJECT.steps[1])),
    ],
    ids=["same digest under another name", "order of the environment", "patience and retries"],
)
def test_does_not_run_again(same: MigrationSubject) -> None:
    assert changed(SUBJECT, same) == []
    assert same.fingerprint == SUBJECT.fingerprint


def test_order_of_steps_matters() -> None:
    assert changed(SUBJECT, replace(SUBJECT, steps=SUBJECT.steps[::-1])) == ["the steps"]


def asking(**secrets: str) -> MigrationSubject:
    """The subject whose first step has these secrets."""
    return replace(SUBJECT, steps=(replace(SUBJECT.steps[0], secrets=secrets), *SUBJECT.steps[1:]))


def test_secrets_of_a_step_count_as_written() -> None:
    """Another reference runs the steps again; another revision of the task definition that holds it does not."""
    one = asking(KEY="arn:secret:shop:key::")
    assert changed(SUBJECT, one) == ["the steps"]
    assert changed(one, asking(KEY="arn:secret:shop:other::")) == ["the steps"]
    assert changed(one, asking(KEY="arn:secret:shop:key::", MORE="arn:secret:shop:more::")) == ["the steps"]
    moved = tuple(replace(step, task_definition="arn:td/with_KEY:8") for step in one.steps)
    assert changed(one, replace(one, steps=moved)) == []
