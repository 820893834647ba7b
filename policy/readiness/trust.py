"""Rules on trust: who may assume a role, and who may use a resource with its own policy."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .rule import Judged, PolicyRule, RuleScope
from .stack import StackResource, listed
from .statement import Statement, allowed, open_ended, wild

BORROWED = ("ecs-tasks.amazonaws.com", "scheduler.amazonaws.com", "vpc-flow-logs.amazonaws.com")
"""Services that another account could make use a role ("The confused deputy problem" in the IAM user
guide)."""

ACCOUNT = re.compile(r"arn:[^:]+:iam::\d{12}:root|\d{12}")

OWNERS = ("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:sourceaccount", "aws:sourcearn",
          "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce")  # fmt: skip
"""Condition keys that identify the caller."""

OPEN_TO: Mapping[str, str] = {
    "aws:backup:VaultPolicy": "policy",
    "aws:cloudwatch:EventBusPolicy": "policy",
    "aws:ec2:AmiLaunchPermission": "group",
    "aws:ecr:RegistryPolicy": "policy",
    "aws:ecr:RepositoryPolicy": "policy",
    "aws:efs:FileSystemPolicy": "policy",
    "aws:kms:Key": "policy",
    "aws:kms:KeyPolicy": "policy",
    "aws:lambda:Permission": "principal",
    "aws:rds:ClusterSnapshot": "sharedAccounts",
    "aws:rds:Snapshot": "sharedAccounts",
    "aws:rds:SnapshotCopy": "sharedAccounts",
    "aws:s3:Bucket": "policy",
    "aws:s3:BucketPolicy": "policy",
    "aws:secretsmanager:Secret": "policy",
    "aws:secretsmanager:SecretPolicy": "policy",
    "aws:sns:Topic": "policy",
    "aws:sns:TopicPolicy": "policy",
    "aws:sqs:Queue": "policy",
    "aws:sqs:QueuePolicy": "policy",
}
"""Resource types with their own policy, and its property."""

COPIED = ("aws:ec2:AmiLaunchPermission", "aws:rds:ClusterSnapshot", "aws:rds:Snapshot", "aws:rds:SnapshotCopy")
"""Resource types that are shared with accounts, or with `all`."""


def _trusted(one: StackResource) -> Judged:
    for part in allowed(one.get("assumeRolePolicy")):
        if "NotPrincipal" in part.inverted:
            yield "everybody except those it names may assume the role: NotPrincipal"
        if "*" in part.principals:
            yield "anybody may assume the role"
        keys = part.required
        for name in part.principals:
            if ACCOUNT.fullmatch(name) and not {"sts:externalid", "aws:principalarn", "aws:principalorgid"} & set(keys):
                yield f"whoever has rights in {name} may assume the role: name the role that needs it"
        if any("oidc-provider/" in name or "saml-provider/" in name for name in part.principals):
            yield from _federated(keys)
        for service in sorted(set(BORROWED) & set(part.principals)):
            if not {"aws:sourceaccount", "aws:sourcearn"} & set(keys):
                yield f"{service} may use the role for another account: no aws:SourceAccount, no aws:SourceArn"


def _federated(required: Mapping[str, list[str]]) -> Judged:
    if not any(key.endswith(":aud") for key in required):
        yield "tokens for another audience are accepted: no condition on `aud`"
    subjects = [value for key, values in required.items() if key.endswith(":sub") for value in values]
    if not subjects:
        yield "every repository may assume the role: no condition on `sub`"
    for subject in subjects:
        # repo:ORG/REPO:… : a pattern may leave open neither organisation nor repository, nor all the rest.
        parts = subject.split(":", 2)
        if len(parts) < 3 or wild(parts[0]) or wild(parts[1]) or not parts[2] or open_ended(_named(parts[2])):
            yield f"{subject} is more than one repository's branch, environment or event"


def _named(rest: str) -> str:
    """Return the name in a subject, without its kind: `main` of `ref:refs/heads/main`."""
    for kind in ("ref:refs/heads/", "ref:refs/tags/", "ref:refs/", "ref:", "environment:"):
        if rest.startswith(kind):
            return rest.removeprefix(kind)
    return rest


def _shared(one: StackResource) -> Judged:
    said = one.get(OPEN_TO[one.type])
    if one.type in COPIED:
        if "all" in map(str, listed(said)):
            yield "anybody in any account may copy it"
        return
    if one.type == "aws:lambda:Permission":
        if said == "*" and not one.get("principalOrgId") and not one.get("sourceAccount"):
            yield "anybody may call it"
        return
    for part in allowed(said):
        if ("*" in part.principals or "NotPrincipal" in part.inverted) and not _known(part):
            yield f"{part.sid}: anybody in any account may use it: no condition limits who"


def _known(part: Statement) -> bool:
    """Return whether a condition of a statement for everybody limits who that is."""
    return any(key in OWNERS for key in part.required)


def _private(one: StackResource) -> Judged:
    acl = [str(value) for value in listed(one.get("acl"))]
    if any(value.startswith("public-") or value == "authenticated-read" for value in acl):
        yield f"acl {acl[0]} makes its objects public"


RULES = [
    PolicyRule(
        "iam-trust",
        "Only named principals assume a role: GitHub by audience and subject, ECS by account",
        "add conditions on `aud` and `sub`, or aws:SourceAccount and aws:SourceArn, that hold only where the key is"
        " there",
        RuleScope.EVERYWHERE,
        ("aws:iam:Role",),
        _trusted,
    ),
    PolicyRule(
        "resource-policy",
        "A resource policy names who may use the resource",
        "name accounts or roles as principals, or add a condition like aws:SourceAccount or aws:PrincipalOrgID",
        RuleScope.EVERYWHERE,
        tuple(OPEN_TO),
        _shared,
    ),
    PolicyRule(
        "bucket-acl",
        "No bucket is made public by an ACL",
        "leave `acl` out",
        RuleScope.EVERYWHERE,
        ("aws:s3:Bucket", "aws:s3:BucketAcl", "aws:s3:BucketObject", "aws:s3:BucketObjectv2"),
        _private,
    ),
]
