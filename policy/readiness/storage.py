"""Rules on data that must not be lost or read: databases, images, secrets, logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .rule import Judged, PolicyRule, RuleScope, Violation
from .stack import StackGraph, StackResource, mappings

BACKUP_DAYS = 7
LOG_DAYS = 14
RECOVERY_DAYS = 7

SEALED: Mapping[str, str] = {
    "aws:rds:Instance": "storageEncrypted",
    "aws:rds:Cluster": "storageEncrypted",
    "aws:efs:FileSystem": "encrypted",
    "aws:ebs:Volume": "encrypted",
    "aws:elasticache:ReplicationGroup": "atRestEncryptionEnabled",
}
"""Stores with optional encryption, and the property that enables it. (S3, ECR and Secrets Manager always encrypt.)"""


def _sealed(one: StackResource) -> Judged:
    if one.get(SEALED[one.type]) is not True:
        yield f"{SEALED[one.type]} is not true, and cannot be changed later without copying the data"


def _private(one: StackResource) -> Judged:
    if one.get("publiclyAccessible") is not False:
        yield "publiclyAccessible is not false"


def _passwords(one: StackResource) -> Judged:
    given = any(one.get(prop) is not None for prop in ("password", "passwordWo", "masterPassword", "masterPasswordWo"))
    if given or one.get("manageMasterUserPassword") is not True:
        yield "its password is in the program and its state"


def _over_tls(stack: StackGraph) -> Iterator[Violation]:
    forcing = {
        one.urn
        for one in stack.of("aws:rds:ParameterGroup")
        for parameter in mappings(one.get("parameters"))
        if parameter.get("name") == "rds.force_ssl" and str(parameter.get("value")) == "1"
    }
    for one in stack.of("aws:rds:Instance"):
        if not forcing & stack.behind(one, "parameterGroupName", "aws:rds:ParameterGroup"):
            yield Violation(one.urn, "its parameter group does not set rds.force_ssl to 1")


def wants(prop: str, fits: Callable[[Any], bool], text: str) -> Callable[[StackResource], Judged]:
    """Return a check of one property."""

    def judge(one: StackResource) -> Judged:
        if not fits(one.get(prop)):
            yield text

    return judge


def at_least(number: int) -> Callable[[Any], bool]:
    """Return a test for `wants`: a number of at least this size."""
    return lambda value: isinstance(value, (int, float)) and value >= number


def _final(one: StackResource) -> Judged:
    if one.get("skipFinalSnapshot") is not False or not one.get("finalSnapshotIdentifier"):
        yield "is deleted without a final snapshot"


def _tags(one: StackResource) -> Judged:
    if one.get("imageTagMutability") != "IMMUTABLE":
        yield "a tag can be moved to another image"
    if one.get("imageScanningConfiguration.scanOnPush") is not True:
        yield "images are not scanned for known weaknesses when pushed"


CLOSED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _shut(stack: StackGraph) -> Iterator[Violation]:
    shut = {
        urn
        for one in stack.of("aws:s3:BucketPublicAccessBlock")
        if all(one.get(prop) is True for prop in CLOSED)
        for urn in stack.behind(one, "bucket", "aws:s3:Bucket")
    }
    for one in stack.of("aws:s3:Bucket"):
        if one.urn not in shut:
            yield Violation(one.urn, f"could be opened to the public: {', '.join(CLOSED)} are not all true")


def _kept(stack: StackGraph) -> Iterator[Violation]:
    ruled = {
        urn
        for one in stack.of("aws:ecr:LifecyclePolicy")
        for urn in stack.behind(one, "repository", "aws:ecr:Repository")
    }
    for one in stack.of("aws:ecr:Repository"):
        if one.urn not in ruled:
            yield Violation(one.urn, "keeps every image for ever: no lifecycle policy")


DATABASE = ("aws:rds:Instance",)
DATABASES = (*DATABASE, "aws:rds:Cluster")
LOGS = ("aws:cloudwatch:LogGroup",)
RULES = [
    PolicyRule(
        "encrypted-at-rest",
        "Every store is encrypted",
        "set the property that the finding names",
        RuleScope.EVERYWHERE,
        tuple(SEALED),
        _sealed,
    ),
    PolicyRule(
        "bucket-private",
        "No bucket can be opened to the public",
        "an aws.s3.BucketPublicAccessBlock for it, with all four switches on",
        RuleScope.EVERYWHERE,
        whole=_shut,
    ),
    PolicyRule(
        "database-private",
        "The database has no public address",
        "publiclyAccessible: false",
        RuleScope.EVERYWHERE,
        (*DATABASE, "aws:rds:ClusterInstance"),
        _private,
    ),
    PolicyRule(
        "database-tls",
        "The database refuses connections without TLS",
        "a parameter group with rds.force_ssl 1",
        RuleScope.EVERYWHERE,
        whole=_over_tls,
    ),
    PolicyRule(
        "database-password",
        "RDS makes and keeps the master password",
        "manageMasterUserPassword: true, and no password",
        RuleScope.EVERYWHERE,
        DATABASES,
        _passwords,
    ),
    PolicyRule(
        "database-multi-az",
        "The database has a standby in another zone",
        "database.multiAz: true",
        RuleScope.PRODUCTION,
        DATABASE,
        wants("multiAz", lambda value: value is True, "fails with its zone: no standby in another"),
    ),
    PolicyRule(
        "database-backups",
        f"The database is backed up every day, and backups are kept {BACKUP_DAYS} days or longer",
        f"database.backupDays: {BACKUP_DAYS} or more",
        RuleScope.PRODUCTION,
        DATABASES,
        wants("backupRetentionPeriod", at_least(BACKUP_DAYS), f"keeps backups for less than {BACKUP_DAYS} days"),
    ),
    PolicyRule(
        "database-deletion-protection",
        "The database cannot be deleted by mistake",
        "environment: prod",
        RuleScope.PRODUCTION,
        DATABASES,
        wants("deletionProtection", lambda value: value is True, "deletionProtection is not true"),
    ),
    PolicyRule(
        "database-final-snapshot",
        "A final snapshot remains when the database is deleted on purpose",
        "environment: prod",
        RuleScope.PRODUCTION,
        DATABASES,
        _final,
    ),
    PolicyRule(
        "database-insights",
        "Slow statements can be found afterwards",
        "database.performanceInsights: true, on an instance class that has it",
        RuleScope.PRODUCTION,
        DATABASE,
        wants("performanceInsightsEnabled", lambda value: value is True, "Performance Insights is off"),
    ),
    PolicyRule(
        "immutable-tags",
        "A tag always means the same image, and images are scanned when pushed",
        "imageTagMutability: IMMUTABLE, scanOnPush: true",
        RuleScope.EVERYWHERE,
        ("aws:ecr:Repository",),
        _tags,
    ),
    PolicyRule(
        "image-lifecycle",
        "Unused images are deleted in time",
        "an aws.ecr.LifecyclePolicy for the repository",
        RuleScope.PRODUCTION,
        whole=_kept,
    ),
    PolicyRule(
        "images-kept",
        "Destroying the stack does not delete the remaining images",
        "environment: prod",
        RuleScope.PRODUCTION,
        ("aws:ecr:Repository",),
        wants("forceDelete", lambda value: value is not True, "forceDelete deletes the images of every release"),
    ),
    PolicyRule(
        "secret-recovery",
        f"A deleted secret can be restored for {RECOVERY_DAYS} days or longer",
        "environment: prod",
        RuleScope.PRODUCTION,
        ("aws:secretsmanager:Secret",),
        wants(
            "recoveryWindowInDays",
            lambda value: value is None or (isinstance(value, (int, float)) and value >= RECOVERY_DAYS),
            f"is gone within {RECOVERY_DAYS} days of its deletion",
        ),
    ),
    PolicyRule(
        "log-retention",
        "Logs are deleted in time: nothing is kept for ever",
        "retentionInDays: a number of days",
        RuleScope.EVERYWHERE,
        LOGS,
        wants("retentionInDays", at_least(1), "has no retentionInDays: what it holds is kept, and paid for, for ever"),
    ),
    PolicyRule(
        "log-days",
        f"Logs are kept for {LOG_DAYS} days or longer: last week's failure can still be explained",
        f"retentionInDays: {LOG_DAYS} or more",
        RuleScope.PRODUCTION,
        LOGS,
        wants("retentionInDays", at_least(LOG_DAYS), f"keeps logs for less than {LOG_DAYS} days"),
    ),
]
