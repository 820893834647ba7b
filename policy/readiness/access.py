"""Who may do what: the IAM rules. Source: Service Authorization Reference, for what an action can be limited to."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from . import managed, trust
from .rule import Judged, PolicyRule, RuleScope
from .stack import StackResource, mappings
from .statement import Statement, allowed, every, wild

UNLIMITED = {
    "ecr:GetAuthorizationToken": "logs in to a registry as a whole and supports no resource",
    "sts:GetCallerIdentity": "tells callers who they are and supports no resource",
    "ecs:DescribeTaskDefinition": "supports no resource",
    "ecs:ListTaskDefinitions": "supports no resource",
    "ecs:DeregisterTaskDefinition": "supports no resource",
    "ecs:ListClusters": "supports no resource",
    "elasticloadbalancing:DescribeListeners": "supports no resource",
    "elasticloadbalancing:DescribeRules": "supports no resource",
    "elasticloadbalancing:DescribeTargetGroups": "supports no resource",
    "elasticloadbalancing:DescribeTargetHealth": "supports no resource",
    "ssmmessages:CreateControlChannel": "supports no resource",
    "ssmmessages:CreateDataChannel": "supports no resource",
    "ssmmessages:OpenControlChannel": "supports no resource",
    "ssmmessages:OpenDataChannel": "supports no resource",
    "xray:PutTelemetryRecords": "supports no resource",
    "xray:PutTraceSegments": "supports no resource",
}
"""Actions that may be allowed on every resource, each with the reason. What belongs here gets a line here."""

POLICIES = ("aws:iam:RolePolicy", "aws:iam:Policy", "aws:iam:UserPolicy", "aws:iam:GroupPolicy", "aws:iam:Role")
"""Kinds of resources that hold policies of identities."""

ESCALATES = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
)
"""Actions by which a role could give itself more, unless the role that it makes or changes is bounded."""

NEVER = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateLoginProfile",
)
"""Actions by which it could do so whatever it is limited to."""

TAKES_OVER = "iam:UpdateAssumeRolePolicy"
"""Lets it take any role that it names. IAM knows no condition on the boundary for it, so the roles must be a stack's
own: below a path, where a deployer makes none without a boundary."""

SECRETS = ("secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue")
MASTERS = [
    [f"secret:rds!{kind}-{digit * 8}-{digit * 4}-{digit * 4}-{digit * 4}-{digit * 12}-{letter * 6}"
     for digit, letter in (("1", "a"), ("2", "b"))]
    for kind in ("db", "cluster")
]  # fmt: skip
"""Two names each of what RDS calls master passwords, instances' and clusters': a pattern that fits both fits all."""


def policies(one: StackResource) -> Iterator[Any]:
    """The policies that a resource gives to a role, user or group: its own, and those inside of it."""
    if one.type != "aws:iam:Role":
        yield one.get("policy")
    for part in mappings(one.get("inlinePolicies")):
        yield part.get("policy")


def _grants(one: StackResource) -> Iterator[Statement]:
    for policy in policies(one):
        yield from allowed(policy)


def _stars(one: StackResource) -> Judged:
    for part in _grants(one):
        for inverted in part.inverted:
            yield f"{part.sid}: {inverted} allows everything but what it names"
        for action in part.actions:
            if wild(action):
                yield f"{part.sid}: {action} allows whatever AWS adds to it"
        for arn in part.resources:
            if every(arn) and not part.limited:
                about = "every resource" if arn == "*" else f"every resource, {arn}"
                for action in part.actions:
                    if not wild(action) and action not in UNLIMITED:
                        yield f"{part.sid}: {action} on {about}"
            elif _masters(arn) and not part.limited and any(map(part.covers, SECRETS)):
                yield f"{part.sid}: reads the master password of every database, {arn}"
            if wild(arn.split(":", 5)[4:5][0] if arn.count(":") > 4 else "") and part.covers("sts:AssumeRole"):
                yield f"{part.sid}: takes the role of this name in every account, {arn}"


def _masters(arn: str) -> bool:
    """Return whether a pattern fits the master password of every database."""
    name = arn.split(":", 5)[-1].replace("[", "[[]")  # IAM knows no sets of letters
    return any(all(fnmatchcase(one, name) for one in two) for two in MASTERS)


def _passed(one: StackResource) -> Judged:
    for part in _grants(one):
        if not part.covers("iam:PassRole"):
            continue
        for arn in part.resources:
            # Below a path of its own, a wildcard names the roles of one stack and no others.
            role = arn.partition(":role/")[2]
            if wild(role[:1]) or not role:
                yield f"{part.sid}: may hand {arn} to a service"
        if "iam:passedtoservice" not in part.required:
            yield f"{part.sid}: does not say to which service (iam:PassedToService)"


def _escalates(one: StackResource) -> Judged:
    for part in _grants(one):
        for action in NEVER:
            if part.covers(action):
                yield f"{part.sid}: {action} lets it give itself more"
        if part.covers(TAKES_OVER):
            for arn in part.resources:
                if "/" not in arn.partition(":role/")[2]:
                    yield f"{part.sid}: {TAKES_OVER} lets it take the role {arn}"
        for action in ESCALATES:
            if part.covers(action) and "iam:permissionsboundary" not in part.required:
                yield f"{part.sid}: {action} lets it give itself more: no condition on iam:PermissionsBoundary"


def _keys(one: StackResource) -> Judged:
    yield "its keys never expire, and whoever finds one has them: people and jobs take roles"


RULES = [
    PolicyRule(
        "iam-no-wildcard",
        "A policy names its actions and resources; `*` needs a reason",
        "name actions and ARNs, or add a condition on a tag of the resource; an action that supports no resource gets a"
        " line with its reason in UNLIMITED",
        RuleScope.EVERYWHERE,
        POLICIES,
        _stars,
    ),
    PolicyRule(
        "iam-pass-role",
        "iam:PassRole names roles and the service that they are handed to",
        "list role ARNs, or a path of the stack's own, and add a condition on iam:PassedToService",
        RuleScope.EVERYWHERE,
        POLICIES,
        _passed,
    ),
    PolicyRule(
        "iam-no-escalation",
        "Nobody can give themselves more than they have",
        "allow changes of roles only with a condition on iam:PermissionsBoundary",
        RuleScope.EVERYWHERE,
        POLICIES,
        _escalates,
    ),
    PolicyRule(
        "iam-no-access-key",
        "No user has keys that never expire",
        "give a role to whoever needs it",
        RuleScope.EVERYWHERE,
        ("aws:iam:AccessKey", "aws:iam:UserLoginProfile"),
        _keys,
    ),
    *trust.RULES,
    *managed.RULES,
]
