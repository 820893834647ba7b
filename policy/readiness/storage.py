"""What must not be lost or read: databases, images, secrets, logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .rule import Finding, Judged, Rule, Scope
from .stack import Resource, Stack, mappings

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
"""Stores whose encryption is a choice, and the property that says it. (S3, ECR and Secrets Manager encrypt always.)"""


def _sealed(one: Resource) -> Judged:
    if one.get(SEALED[one.type]) is not True:
        yield f"{SEALED[one.type]} is not true, and cannot be changed later without a copy"


def _private(one: Resource) -> Judged:
    if one.get("publiclyAccessible") is not False:
        yield "publiclyAccessible is not false"


def _passwords(one: Resource) -> Judged:
    given = any(one.get(prop) is not None for prop in ("password", "passwordWo", "masterPassword", "masterPasswordWo"))
    if given or one.get("manageMasterUserPassword") is not True:
        yield "its password goes through the program and its state"


def _over_tls(stack: Stack) -> Iterator[Finding]:
    forcing = {
        one.urn
        for one in stack.of("aws:rds:ParameterGroup")
        for parameter in mappings(one.get("parameters"))
        if parameter.get("name") == "rds.force_ssl" and str(parameter.get("value")) == "1"
    }
    for one in stack.of("aws:rds:Instance"):
        if not forcing & stack.behind(one, "parameterGroupName", "aws:rds:ParameterGroup"):
            yield Finding(one.urn, "its parameter group does not set rds.force_ssl to 1")


def wants(prop: str, fits: Callable[[Any], bool], text: str) -> Callable[[Resource], Judged]:
    """A check of one property."""

    def judge(one: Resource) -> Judged:
        if not fits(one.get(prop)):
            yield text

    return judge


def at_least(number: int) -> Callable[[Any], bool]:
    """For `wants`: a number of at least this much."""
    return lambda value: isinstance(value, (int, float)) and value >= number


def _final(one: Resource) -> Judged:
    if one.get("skipFinalSnapshot") is not False or not one.get("finalSnapshotIdentifier"):
        yield "is deleted without a last snapshot"


def _tags(one: Resource) -> Judged:
    if one.get("imageTagMutability") != "IMMUTABLE":
        yield "a tag can be moved to another image"
    if one.get("imageScanningConfiguration.scanOnPush") is not True:
        yield "images are not scanned for known weaknesses when pushed"


CLOSED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _shut(stack: Stack) -> Iterator[Finding]:
    shut = {
        urn
        for one in stack.of("aws:s3:BucketPublicAccessBlock")
        if all(one.get(prop) is True for prop in CLOSED)
        for urn in stack.behind(one, "bucket", "aws:s3:Bucket")
    }
    for one in stack.of("aws:s3:Bucket"):
        if one.urn not in shut:
            yield Finding(one.urn, f"could be opened to everybody: {', '.join(CLOSED)} are not all true")


def _kept(stack: Stack) -> Iterator[Finding]:
    ruled = {
        urn
        for one in stack.of("aws:ecr:LifecyclePolicy")
        for urn in stack.behind(one, "repository", "aws:ecr:Repository")
    }
    for one in stack.of("aws:ecr:Repository"):
        if one.urn not in ruled:
            yield Finding(one.urn, "keeps every image for ever: no lifecycle policy")


DATABASE = ("aws:rds:Instance",)
DATABASES = (*DATABASE, "aws:rds:Cluster")
LOGS = ("aws:cloudwatch:LogGroup",)
RULES = [
    Rule(
        "encrypted-at-rest",
        "Every store is encrypted",
        "set the property that the finding names",
        Scope.EVERYWHERE,
        tuple(SEALED),
        _sealed,
    ),
    Rule(
        "bucket-private",
        "No bucket can be opened to the public",
        "an aws.s3.BucketPublicAccessBlock for it, with all four switches on",
        Scope.EVERYWHERE,
        whole=_shut,
    ),
    Rule(
        "database-private",
        "The database has no public address",
        "publiclyAccessible: false",
        Scope.EVERYWHERE,
        (*DATABASE, "aws:rds:ClusterInstance"),
        _private,
    ),
    Rule(
        "database-tls",
        "The database refuses connections without TLS",
        "a parameter group with rds.force_ssl 1",
        Scope.EVERYWHERE,
        whole=_over_tls,
    ),
    Rule(
        "database-password",
        "RDS makes and keeps the master password",
        "manageMasterUserPassword: true, and no password",
        Scope.EVERYWHERE,
        DATABASES,
        _passwords,
    ),
    Rule(
        "database-multi-az",
        "The database has a standby in another zone",
        "database.multiAz: true",
        Scope.PRODUCTION,
        DATABASE,
        wants("multiAz", lambda value: value is True, "fails with its zone: no standby in another one"),
    ),
    Rule(
        "database-backups",
        f"The database is backed up every day, and backups are kept {BACKUP_DAYS} days or longer",
        f"database.backupDays: {BACKUP_DAYS} or more",
        Scope.PRODUCTION,
        DATABASES,
        wants("backupRetentionPeriod", at_least(BACKUP_DAYS), f"keeps backups for less than {BACKUP_DAYS} days"),
    ),
    Rule(
        "database-deletion-protection",
        "The database cannot be deleted by mistake",
        "environment: prod",
        Scope.PRODUCTION,
        DATABASES,
        wants("deletionProtection", lambda value: value is True, "deletionProtection is not true"),
    ),
    Rule(
        "database-final-snapshot",
        "A last snapshot is left when the database is deleted on purpose",
        "environment: prod",
        Scope.PRODUCTION,
        DATABASES,
        _final,
    ),
    Rule(
        "database-insights",
        "Slow statements can be found afterwards",
        "database.performanceInsights: true, on an instance class that has it",
        Scope.PRODUCTION,
        DATABASE,
        wants("performanceInsightsEnabled", lambda value: value is True, "Performance Insights is off"),
    ),
    Rule(
        "immutable-tags",
        "A tag always means the same image, and images are scanned when pushed",
        "imageTagMutability: IMMUTABLE, scanOnPush: true",
        Scope.EVERYWHERE,
        ("aws:ecr:Repository",),
        _tags,
    ),
    Rule(
        "image-lifecycle",
        "Images that nothing runs are deleted some day",
        "an aws.ecr.LifecyclePolicy for the repository",
        Scope.PRODUCTION,
        whole=_kept,
    ),
    Rule(
        "images-kept",
        "Destroying the stack does not delete images that are left",
        "environment: prod",
        Scope.PRODUCTION,
        ("aws:ecr:Repository",),
        wants("forceDelete", lambda value: value is not True, "forceDelete deletes the images of every release"),
    ),
    Rule(
        "secret-recovery",
        f"A deleted secret can be taken back for {RECOVERY_DAYS} days or longer",
        "environment: prod",
        Scope.PRODUCTION,
        ("aws:secretsmanager:Secret",),
        wants(
            "recoveryWindowInDays",
            lambda value: value is None or (isinstance(value, (int, float)) and value >= RECOVERY_DAYS),
            f"is gone within {RECOVERY_DAYS} days of its deletion",
        ),
    ),
    Rule(
        "log-retention",
        "Logs end some day: nothing is kept for ever",
        "retentionInDays: a number of days",
        Scope.EVERYWHERE,
        LOGS,
        wants("retentionInDays", at_least(1), "has no retentionInDays: what it holds is kept, and paid for, for ever"),
    ),
    Rule(
        "log-days",
        f"Logs are kept for {LOG_DAYS} days or longer: last week's failure can still be explained",
        f"retentionInDays: {LOG_DAYS} or more",
        Scope.PRODUCTION,
        LOGS,
        wants("retentionInDays", at_least(LOG_DAYS), f"forgets within {LOG_DAYS} days"),
    ),
]
