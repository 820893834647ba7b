"""The policies of docs/snapshot-copies.md, as an administrator copies them: enough to copy, and for nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.unit.bootstrap.decision import Request, allowed
from tests.unit.bootstrap.policies_of_page import PAGE, policy_of

REGION = "eu-central-1"
OURS, THEIRS = f"arn:aws:rds:{REGION}:111122223333:snapshot:", f"arn:aws:rds:{REGION}:999988887777:snapshot:"
KEY, COPY_KEY = f"arn:aws:kms:{REGION}:111122223333:key/DATABASE-KEY", f"arn:aws:kms:{REGION}:999988887777:key/COPY-KEY"
THROUGH = {"kms:ViaService": f"rds.{REGION}.amazonaws.com"}
FOR_AWS = {"kms:GrantIsForAWSResource": "true"}
NAME = "sluice-sluice-prod-run-7-ab12cd34"


def may(action: str, resource: str, context: dict[str, Any] | None = None) -> bool:
    return allowed(
        Request(action, resource, context or {}), [policy_of("role", "111122223333", "999988887777", REGION)]
    )


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("rds:CopyDBSnapshot", OURS + NAME, {}),
        ("rds:CopyDBSnapshot", THEIRS + NAME, {}),
        ("rds:AddTagsToResource", THEIRS + NAME, {}),
        ("rds:DescribeDBSnapshots", THEIRS + NAME, {}),
        ("kms:CreateGrant", KEY, THROUGH | FOR_AWS),
        ("kms:CreateGrant", COPY_KEY, THROUGH | FOR_AWS),
        ("kms:DescribeKey", KEY, THROUGH),
        ("kms:GenerateDataKeyWithoutPlaintext", COPY_KEY, THROUGH),
    ],
)
def test_the_role_can_copy(action: str, resource: str, context: dict[str, Any]) -> None:
    assert may(action, resource, context)


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("rds:DeleteDBSnapshot", THEIRS + NAME, {}),
        ("rds:ModifyDBSnapshotAttribute", THEIRS + NAME, {}),
        ("rds:RemoveTagsFromResource", THEIRS + NAME, {}),
        ("rds:RestoreDBInstanceFromDBSnapshot", THEIRS + NAME, {}),
        ("rds:StartExportTask", THEIRS + NAME, {}),
        ("rds:CopyDBSnapshot", THEIRS + "ledger", {}),
        ("kms:Decrypt", COPY_KEY, {}),
        ("kms:CreateGrant", COPY_KEY, THROUGH),
        ("kms:ScheduleKeyDeletion", COPY_KEY, THROUGH),
        ("kms:PutKeyPolicy", COPY_KEY, THROUGH),
    ],
)
def test_the_role_can_do_nothing_else(action: str, resource: str, context: dict[str, Any]) -> None:
    assert not may(action, resource, context)


def test_the_role_trusts_the_deploy_role_that_bootstrap_makes_and_nobody_else() -> None:
    [statement] = policy_of("trust", "111122223333", "999988887777", REGION)["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/sluice-bootstrap/sluice-prod-deploy"}
    assert statement["Action"] == "sts:AssumeRole"


def test_every_block_of_the_page_is_json() -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 3
    for block in blocks:
        json.loads(block)
