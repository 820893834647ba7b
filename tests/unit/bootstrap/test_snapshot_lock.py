"""The policies of docs/snapshot-lock.md: nobody in the backup account deletes a copy, another account's people do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.bootstrap.decision import Request, allowed
from tests.unit.bootstrap.policies_of_page import LOCK, policy_of

REGION, PROD, BACKUP, CLEANER = "eu-central-1", "111122223333", "999988887777", "555566667777"
COPY = f"arn:aws:rds:{REGION}:{BACKUP}:snapshot:sluice-sluice-prod-run-7-ab12cd34"
CLUSTER_COPY = COPY.replace(":snapshot:", ":cluster-snapshot:")
KEY = f"arn:aws:kms:{REGION}:{BACKUP}:key/COPY-KEY"
CLEANUP = f"arn:aws:iam::{BACKUP}:role/sluice-copies-cleanup"
ADMINISTRATORS = (
    f"arn:aws:iam::{BACKUP}:root",
    f"arn:aws:iam::{BACKUP}:user/admin",
    f"arn:aws:iam::{BACKUP}:role/Administrator",
    f"arn:aws:iam::{BACKUP}:role/OrganizationAccountAccessRole",
    f"arn:aws:iam::{BACKUP}:role/sluice-copies",
    f"arn:aws:iam::{BACKUP}:role/sluice-copies-cleanup-2",
    f"arn:aws:iam::{BACKUP}:role/path/sluice-copies-cleanup",
    f"arn:aws:iam::{BACKUP}:user/sluice-copies-cleanup",
)
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
each_administrator = pytest.mark.parametrize("principal", ADMINISTRATORS)


def page(block: str) -> Any:
    return policy_of(block, PROD, BACKUP, REGION, LOCK, CLEANER=CLEANER)


def may(principal: str, action: str, resource: str, own: Any = EVERYTHING) -> bool:
    """Whether a principal of the backup account may, by its own policy and under the lock."""
    request = Request(action, resource, {"aws:PrincipalArn": principal})
    return allowed(request, [own, page("lock")])


@each_administrator
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("rds:DeleteDBSnapshot", COPY),
        ("rds:DeleteDBSnapshot", COPY.replace(REGION, "us-east-1")),
        ("rds:DeleteDBClusterSnapshot", CLUSTER_COPY),
        ("rds:ModifyDBSnapshot", COPY),
        ("kms:ScheduleKeyDeletion", KEY),
        ("kms:DisableKey", KEY),
        ("kms:PutKeyPolicy", KEY),
        ("iam:UpdateAssumeRolePolicy", CLEANUP),
        ("iam:CreateRole", CLEANUP),
        ("iam:PutRolePolicy", CLEANUP),
        ("organizations:LeaveOrganization", "*"),
        ("account:CloseAccount", "*"),
    ],
)
def test_no_administrator_of_the_backup_account_gets_past_it(principal: str, action: str, resource: str) -> None:
    assert not may(principal, action, resource)


@each_administrator
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("rds:CopyDBSnapshot", COPY),
        ("rds:AddTagsToResource", COPY),
        ("rds:ModifyDBSnapshotAttribute", COPY),
        ("rds:RestoreDBInstanceFromDBSnapshot", COPY),
        ("rds:DeleteDBSnapshot", COPY.replace("sluice-sluice-prod-run-7-ab12cd34", "ledger")),
        ("kms:CreateGrant", KEY),
        ("kms:ScheduleKeyDeletion", KEY.replace("COPY-KEY", "ANOTHER")),
        ("iam:CreateRole", f"arn:aws:iam::{BACKUP}:role/another"),
    ],
)
def test_what_copies_and_restores_stays_possible(principal: str, action: str, resource: str) -> None:
    assert may(principal, action, resource)


def test_the_cleanup_role_deletes_copies_and_nothing_else() -> None:
    own = page("cleanup-role")
    assert may(CLEANUP, "rds:DeleteDBSnapshot", COPY, own)
    assert may(CLEANUP, "rds:DeleteDBClusterSnapshot", CLUSTER_COPY, own)
    assert may(CLEANUP, "rds:DescribeDBSnapshots", COPY, own)
    for action, resource in (
        ("rds:DeleteDBSnapshot", COPY.replace("sluice-sluice-prod-run-7-ab12cd34", "ledger")),
        ("rds:ModifyDBSnapshotAttribute", COPY),
        ("rds:RestoreDBInstanceFromDBSnapshot", COPY),
        ("kms:ScheduleKeyDeletion", KEY),
        ("iam:PutRolePolicy", CLEANUP),
    ):
        assert not may(CLEANUP, action, resource, own), action
    assert not may(CLEANUP, "iam:PutRolePolicy", CLEANUP), "nor gives itself more"


def test_only_another_account_takes_the_cleanup_role() -> None:
    [statement] = page("cleanup-trust")["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{CLEANER}:root"}
    assert statement["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_organizations_takes_a_policy_of_that_size() -> None:
    """5,120 characters ("Quotas and service limits for AWS Organizations")."""
    assert len(json.dumps(page("lock"))) <= 5120
