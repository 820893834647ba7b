"""What somebody who has one of the roles of `staging` would try; what the same role must still do is in needed.py.

`before.json` holds the policies of 2026-11-25, before the security review: every attack succeeds there, so none of them
is a mere idea. `test_bootstrap_attacks.py` shows that, and that today's policies refuse it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bootstrap.scope import Scope
from tests.unit.bootstrap.decision import Policy, Request, allowed, policy
from tests.unit.bootstrap.grants import BUCKET_KEY, KEY, SCOPE, statements

Role = Literal["deploy", "preview", "boundary"]
BEFORE: dict[str, list[Policy]] = json.loads((Path(__file__).parent / "before.json").read_text())
EVERYTHING: list[Policy] = [{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]
"""What a deployer can write into the policy of a task's role: the boundary alone is in its way."""

STATES = f"arn:aws:s3:::{SCOPE.bucket}/.pulumi"
THEIRS = KEY.replace("1a2b3c4d-", "5e5e5e5e-")
"""The key of another stack's secrets."""


@dataclass(frozen=True)
class Attempt:
    """role: whose policies decide. now: the request. before: the same one then, where it was about other keys. scope:
    of the stack."""

    what: str
    role: Role
    now: Request
    before: Request | None = None

    scope: Scope = SCOPE

    def succeeds(self) -> bool:
        """By today's policies."""
        return _decided(self.role, self.now, [policy(statements(self.role, self.scope))])

    def succeeded(self) -> bool:
        """By the policies of before the review."""
        return _decided(self.role, self.before or self.now, BEFORE[self.role])


def _decided(role: Role, request: Request, policies: list[Policy]) -> bool:
    return allowed(request, EVERYTHING, policies) if role == "boundary" else allowed(request, policies)


def _get(key: str) -> Request:
    return Request("s3:GetObject", f"{STATES}/{key}")


THROUGH_S3 = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}

STATE = [
    Attempt("a pull request reads production's state", "preview", _get("stacks/sluice/prod.json")),
    Attempt("a pull request reads what production's state was", "preview", _get("history/sluice/prod/prod-1.json")),
    Attempt(
        "a pull request decrypts the secrets in production's state",
        "preview",
        Request("kms:Decrypt", THEIRS),
        Request("kms:Decrypt", KEY),  # one key for all stacks
    ),
    Attempt("staging's deployer reads production's state", "deploy", _get("stacks/sluice/prod.json")),
    Attempt(
        "staging's deployer decrypts the secrets in production's state",
        "deploy",
        Request("kms:Decrypt", THEIRS),
        Request("kms:Decrypt", KEY),
    ),
    Attempt(
        "a pull request logs in to the registry as the preview role",
        "preview",
        Request("ecr:GetAuthorizationToken", "*", {"aws:RequestedRegion": "eu-central-1"}),
    ),
    Attempt(
        "a pull request decrypts with the bucket's key what S3 would not give it",
        "preview",
        Request("kms:Decrypt", BUCKET_KEY),
        Request("kms:Decrypt", KEY),
    ),
]

DATABASE = "aws:ResourceTag/aws:rds:primaryDBInstanceArn"
"""The tag that RDS gives to a secret that it keeps."""
MASTER = SCOPE.arn("secretsmanager", "secret:rds!db-0a1b2c3d-AbCdEf")
PROD = SCOPE.arn("rds", "db:sluice-prod-1a2b3c4")
DEFINITION = SCOPE.arn("ecs", "task-definition/sluice-staging-migration:7")
CLUSTER, AS = "ecs:cluster", "ecs:task-definition"
SERVES = SCOPE.arn("ecs", "service/sluice-staging-1a2b3c4/sluice-staging-service-5d6e7f8")
RDS = {"kms:ViaService": "rds.eu-central-1.amazonaws.com"}
OWN = {"aws:ResourceTag/Project": "sluice", "aws:ResourceTag/Stack": "staging"}

ONE_ACCOUNT = [
    Attempt(
        "a task of staging reads the master password of production's database",
        "boundary",
        Request("secretsmanager:GetSecretValue", MASTER, {DATABASE: PROD}),
    ),
    Attempt(
        "a task of staging reads the master password of any other database",
        "boundary",
        Request("secretsmanager:GetSecretValue", MASTER, {DATABASE: SCOPE.arn("rds", "db:ledger")}),
    ),
    Attempt(
        "staging's deployer runs a task in production's cluster",
        "deploy",
        Request("ecs:RunTask", DEFINITION, {CLUSTER: SCOPE.arn("ecs", "cluster/sluice-prod-1a2b3c4")}),
    ),
    Attempt(
        "staging's deployer runs a task in any other cluster",
        "deploy",
        Request("ecs:RunTask", DEFINITION, {CLUSTER: SCOPE.arn("ecs", "cluster/ledger")}),
    ),
    *(
        Attempt(
            f"staging's deployer has a service of its own run as production's ({action})",
            "deploy",
            Request(action, SERVES, {AS: SCOPE.arn("ecs", "task-definition/sluice-prod-service:7")}),
        )
        for action in ("ecs:CreateService", "ecs:UpdateService")
    ),
    Attempt(
        "staging's deployer rotates the master password of production's database",
        "deploy",
        Request("secretsmanager:RotateSecret", MASTER, {DATABASE: PROD}),
    ),
    Attempt(
        "staging's deployer gives somebody else's task its own tags",
        "deploy",
        Request("ecs:TagResource", SCOPE.arn("ecs", "task/sluice-staging-1a2b3c4/0123")),
    ),
    Attempt(
        "staging's deployer makes a grant of another application's key for itself",
        "deploy",
        Request("kms:CreateGrant", THEIRS, RDS | {"kms:ResourceAliases": ["alias/ledger"]}),
    ),
    Attempt(
        "staging's deployer decrypts with another application's key through RDS",
        "deploy",
        Request("kms:Decrypt", THEIRS, RDS | {"kms:ResourceAliases": ["alias/ledger"]}),
    ),
]

HERE = {"aws:RequestedRegion": "eu-central-1"}
LEDGER = SCOPE.arn("ecs", "task/ledger/0123")

READING = [
    Attempt(f"a pull request reads {what}", "preview", Request(action, resource, HERE | more))
    for what, action, resource, more in (
        ("the user data of an instance", "ec2:DescribeInstanceAttribute", "*", {}),
        ("the user data of a launch template", "ec2:DescribeLaunchTemplateVersions", "*", {}),
        ("what instances there are", "ec2:DescribeInstances", "*", {}),
        ("the variables that another application's task was given", "ecs:DescribeTasks", LEDGER, {}),
        ("which tasks another application runs", "ecs:ListTasks", "*", {CLUSTER: SCOPE.arn("ecs", "cluster/ledger")}),
        ("another application's services", "ecs:DescribeServices", SCOPE.arn("ecs", "service/ledger/api"), {}),
        (
            "the layers of another application's image",
            "ecr:GetDownloadUrlForLayer",
            SCOPE.arn("ecr", "repository/ledger"),
            {},
        ),
        (
            "the layers of an image in any other account",
            "ecr:GetDownloadUrlForLayer",
            "arn:aws:ecr:eu-central-1:999988887777:repository/ledger",
            {},
        ),
        ("another application's dashboard", "cloudwatch:GetDashboard", SCOPE.globally("cloudwatch", "dashboard/x"), {}),
        ("the key and the rotation of another database's password", "secretsmanager:DescribeSecret", MASTER,
         {DATABASE: PROD}),
    )
]  # fmt: skip

SNAPSHOT = SCOPE.arn("rds", "snapshot:sluice-sluice-staging-run-7-ab12cd34")
PRODUCTION = replace(SCOPE, deletes_snapshots=False)
"""As production's is; of the same name, so that the policies of before can be compared."""

SNAPSHOTS = [
    Attempt(
        f"production's deployer deletes {what}",
        "deploy",
        Request("rds:DeleteDBSnapshot", SCOPE.arn("rds", f"snapshot:{name}")),
        scope=PRODUCTION,
    )
    for what, name in (
        ("the snapshots of before its migrations", "sluice-sluice-staging-run-7-ab12cd34"),
        ("the final snapshot", "sluice-staging-1a2b3c4-final"),
    )
]

COPIER = "arn:aws:iam::999988887777:role/sluice-copies"
COPIED = replace(PRODUCTION, snapshot_copies=COPIER)
"""A stack whose snapshots another account copies."""

COPIES = [
    Attempt(
        "the deployer shares a snapshot where nothing is copied",
        "deploy",
        Request("rds:ModifyDBSnapshotAttribute", SNAPSHOT),
        scope=PRODUCTION,
    ),
    *(
        Attempt(f"the deployer of a copied stack {what}", "deploy", Request(action, resource), scope=COPIED)
        for what, action, resource in (
            (
                "shares another stack's snapshot",
                "rds:ModifyDBSnapshotAttribute",
                SCOPE.arn("rds", "snapshot:sluice-sluice-prod-run-7-ab12cd34"),
            ),
            (
                "shares a snapshot that somebody made by hand",
                "rds:ModifyDBSnapshotAttribute",
                SCOPE.arn("rds", "snapshot:ledger"),
            ),
            (
                "shares the final snapshot",
                "rds:ModifyDBSnapshotAttribute",
                SCOPE.arn("rds", "snapshot:sluice-staging-1a2b3c4-final"),
            ),
            ("deletes a snapshot", "rds:DeleteDBSnapshot", SNAPSHOT),
            ("copies one under a key of its own", "rds:CopyDBSnapshot", SNAPSHOT),
            ("restores one", "rds:RestoreDBInstanceFromDBSnapshot", SNAPSHOT),
            ("exports one to a bucket", "rds:StartExportTask", SNAPSHOT),
            ("takes another role there", "sts:AssumeRole", COPIER.replace("sluice-copies", "admin")),
            ("takes the role of that name elsewhere", "sts:AssumeRole", COPIER.replace("9999", "1111")),
        )
    ),
    Attempt("a pull request takes the role that copies", "preview", Request("sts:AssumeRole", COPIER), scope=COPIED),
]
"""Snapshots were not copied before: `before.json` says nothing of it."""

THEIR_ALARM = SCOPE.arn("cloudwatch", "alarm:TargetTracking-service/sluice-prod-1a2b3c4/sluice-prod-5d6e-AlarmLow-0a1b")
OWN_ALARM = THEIR_ALARM.replace("sluice-prod", "sluice-staging")

ALARMS = [
    Attempt(f"staging's deployer {what}", "deploy", Request(action, alarm))
    for what, action, alarm in (
        ("deletes the alarm that scales production", "cloudwatch:DeleteAlarms", THEIR_ALARM),
        ("switches off the alarm that scales production", "cloudwatch:DisableAlarmActions", THEIR_ALARM),
        (
            "changes the alarm of a service that is called like its own in production's cluster",
            "cloudwatch:PutMetricAlarm",
            THEIR_ALARM.replace("/sluice-prod-5", "/sluice-staging-5"),
        ),
    )
]

SERVICE = {
    "application-autoscaling:service-namespace": "ecs",
    "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
}
TARGET = SCOPE.arn("application-autoscaling", "scalable-target/0123456789ab")
RULE = SCOPE.arn("events", "rule/sluice-staging-1a2b3c4")

OPERATIONS = [
    Attempt(f"staging's deployer {what}", "deploy", Request(action, resource, context))
    for what, action, resource, context in (
        (
            "scales a table of another application",
            "application-autoscaling:RegisterScalableTarget",
            TARGET,
            {"application-autoscaling:service-namespace": "dynamodb"},
        ),
        (
            "takes the autoscaling off production's service",
            "application-autoscaling:DeregisterScalableTarget",
            TARGET,
            SERVICE | {"aws:ResourceTag/Stack": "prod", "aws:ResourceTag/Project": "sluice"},
        ),
        (
            "gives production's scalable target its own tags",
            "application-autoscaling:TagResource",
            TARGET,
            {"aws:RequestTag/Team": "x"},
        ),
        ("listens to what the whole account does", "events:PutRule", RULE, {"events:source": ["aws.iam"]}),
        ("listens to everything", "events:PutRule", RULE, {}),
        (
            "sends events to another account",
            "events:PutTargets",
            RULE,
            {"events:TargetArn": "arn:aws:events:eu-central-1:999988887777:event-bus/theirs"},
        ),
    )
]

ZONE = "arn:aws:route53:::hostedzone/Z0123456789ABC"
NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
TYPES = "route53:ChangeResourceRecordSetsRecordTypes"
SHOP = replace(SCOPE, zones=("Z0123456789ABC",), hosts=("shop.example.com",))


def dns(what: str, names: list[str], kinds: list[str]) -> Attempt:
    """A change of records in the zone of the stack's name. Before, every record of a zone that was named could be."""
    return Attempt(
        what, "deploy", Request("route53:ChangeResourceRecordSets", ZONE, {NAMES: names, TYPES: kinds}), scope=SHOP
    )


COMMON = replace(SCOPE, existing=(SCOPE.arn("ecs", "cluster/common"),))
FOREIGN = SCOPE.arn("ecs", "task/common/0123")

SHARED = [
    Attempt(
        "the deployer stops somebody else's task in a cluster that they share",
        "deploy",
        Request("ecs:StopTask", FOREIGN, {"aws:ResourceTag/Project": "ledger"}),
        scope=COMMON,
    ),
    Attempt("the deployer stops a task without tags there", "deploy", Request("ecs:StopTask", FOREIGN), scope=COMMON),
    Attempt(
        "the deployer gives somebody else's task there its own tags",
        "deploy",
        Request("ecs:TagResource", FOREIGN),
        scope=COMMON,
    ),
]
"""`before.json` is of a stack with a cluster of its own; in a shared one every task could be stopped."""

DNS = [
    dns("the deployer sends another name of the zone elsewhere", ["www.example.com"], ["A"]),
    dns("the deployer changes another name beside its own", ["shop.example.com", "example.com"], ["A"]),
    dns("the deployer takes the zone's mail", ["shop.example.com"], ["MX"]),
    dns("the deployer takes a name below its own", ["admin.shop.example.com"], ["A"]),
]
"""`before.json` is of a stack without a zone, whose grant was on the whole zone without a condition."""

ATTACKS = [*STATE, *ONE_ACCOUNT, *READING, *SNAPSHOTS, *OPERATIONS, *ALARMS]
