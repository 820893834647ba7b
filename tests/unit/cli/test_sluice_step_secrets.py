"""As which step an operator's command runs: by its words, or by the secrets that are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.cli.step_secrets import Choice, choose
from sluice.migration.operator_run import RunRefused

STEPS: list[dict[str, Any]] = [
    {"name": "bootstrap", "command": ["manage.py", "bootstrap"], "taskDefinition": "td/bootstrap"},
    {"name": "migrate", "command": ["manage.py", "migrate"], "secrets": ["KEY"], "taskDefinition": "td/with_KEY"},
    {"name": "seed", "command": ["manage.py", "seed"], "secrets": ["KEY", "S3"], "taskDefinition": "td/with_KEY-S3"},
    {"name": "plain", "command": ["psql", "-f", "x.sql"], "secrets": []},
]
MIGRATE = Choice("td/with_KEY", ("KEY",), "migrate")
SEED = Choice("td/with_KEY-S3", ("KEY", "S3"), "seed")
USUAL = Choice("td/usual")


@pytest.mark.parametrize(
    ("command", "wanted", "chosen"),
    [
        (["manage.py", "migrate", "shop", "zero"], None, MIGRATE),
        (["manage.py", "seed", "--again"], None, SEED),
        (["manage.py", "shell"], None, MIGRATE),  # the first step of the same program
        (["manage.py", "bootstrap"], None, MIGRATE),  # never as the master user
        (["psql", "-c", "select 1"], None, Choice("td/usual", (), "plain")),
        (["rails", "console"], None, USUAL),
        (["manage.py", "migrate"], "none", USUAL),
        (["rails", "console"], "KEY", MIGRATE),
        (["rails", "console"], "S3", SEED),
        (["rails", "console"], "S3, KEY", SEED),
        (["rails", "console"], "all", SEED),
    ],
)
def test_chosen(command: list[str], wanted: str | None, chosen: Choice) -> None:
    assert choose(STEPS, command, wanted, "td/usual") == chosen


def test_a_stack_of_before_runs_as_it_did() -> None:
    steps = [{"name": "migrate", "command": ["manage.py", "migrate"]}]
    assert choose(steps, ["manage.py", "migrate"], None, "td/usual") == USUAL
    assert choose(steps, ["manage.py", "migrate"], "all", "td/usual") == USUAL


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            "TOKEN",
            r"^no migration step has TOKEN; steps have: KEY; KEY, S3\..*Fix: name it in `migrations\[\]\.secrets`",
        ),
        ("KEY,TOKEN", r"^no migration step has TOKEN; "),
    ],
)
def test_what_no_step_has_is_refused(wanted: str, said: str) -> None:
    with pytest.raises(RunRefused, match=said):
        choose(STEPS, ["rails"], wanted, "td/usual")


def test_sets_that_no_step_has_together_are_refused() -> None:
    steps = [*STEPS, {"name": "mail", "command": ["mail"], "secrets": ["SMTP"], "taskDefinition": "td/with_SMTP"}]
    for wanted in ("SMTP,KEY", "all"):
        with pytest.raises(RunRefused, match=r"^no migration step has KEY, (S3, )?SMTP together; steps have: KEY; "):
            choose(steps, ["rails"], wanted, "td/usual")


def test_in_words() -> None:
    assert str(SEED) == "KEY, S3, as step 'seed'"
    assert str(USUAL) == "none of app.secrets"
