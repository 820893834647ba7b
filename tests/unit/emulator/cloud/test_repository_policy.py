"""Who may pull from another account's repository."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.cloud.ecr.policy import PULL, allowed, callers
from emulator.cloud.ecr.reference import owner, path

PROD = "444455556666"
ROLE = f"arn:aws:iam::{PROD}:role/execution"


def statement(**changes: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": PROD}, "Action": list(PULL), **changes}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], False),
        ([statement()], True),
        ([statement(Principal={"AWS": f"arn:aws:iam::{PROD}:root"})], True),
        ([statement(Principal={"AWS": ["777788889999", PROD]})], True),
        ([statement(Principal={"AWS": ROLE})], True),
        ([statement(Principal="*")], True),
        ([statement(Principal={"AWS": "777788889999"})], False),
        ([statement(Principal={"Service": "ecs-tasks.amazonaws.com"})], False),
        ([statement(Action="ecr:*")], True),
        ([statement(Action=["ecr:batchgetimage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheck*"])], True),
        ([statement(Action="ecr:BatchGetImage")], False),
        ([statement(Action=action) for action in PULL], True),
        ([statement(), statement(Effect="Deny", Action="ecr:BatchGetImage")], False),
        ([statement(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})], False),
    ],
)
def test_a_pull_needs_every_action_allowed_and_none_denied(statements: list[dict[str, Any]], expected: bool) -> None:
    assert allowed(json.dumps({"Statement": statements}), PULL, {*callers(PROD), ROLE}) is expected


def test_one_statement_needs_no_list() -> None:
    assert allowed(json.dumps({"Statement": statement()}), PULL, callers(PROD))


def test_without_a_policy_nobody_else_may() -> None:
    assert not allowed(None, PULL, callers(PROD))


@pytest.mark.parametrize(
    ("account", "name", "expected"),
    [("999900001111", "shop", "shop"), (PROD, "shop", f"{PROD}/shop"), (PROD, "team/shop", f"{PROD}/team/shop")],
)
def test_every_account_but_the_first_has_a_folder(account: str, name: str, expected: str) -> None:
    assert path(account, name, "999900001111") == expected
    assert owner(expected, "999900001111") == (account, name)


def test_a_folder_of_the_first_account_is_no_account() -> None:
    assert owner("team/shop", "999900001111") == ("999900001111", "team/shop")
