"""Who may do what: the IAM rules. Source: Service Authorization Reference (what limits an action supports)."""

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
"""Actions that may be allowed on every resource, each with the reason."""

POLICIES = ("aws:iam:RolePolicy", "aws:iam:Policy", "aws:iam:UserPolicy", "aws:iam:GroupPolicy", "aws:iam:Role")
"""Resource types that hold identity policies."""

ESCALATES = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
)
"""Actions by which a role could extend its own rights, unless the role it creates or changes has a boundary."""

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
"""Actions by which it could do so whatever its limits."""

TAKES_OVER = "iam:UpdateAssumeRolePolicy"
"""Lets it assume any role that the statement names. IAM has no boundary condition for this action, so the roles must be
a stack's own: below a path, where a deployer creates none without a boundary."""

SECRETS = ("secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue")
MASTERS = [
    [f"secret:rds!{kind}-{digit * 8}-{digit * 4}-{digit * 4}-{digit * 4}-{digit * 12}-{letter * 6}"
     for digit, letter in (("1", "a"), ("2", "b"))]
    for kind in ("db", "cluster")
]  # fmt: skip
"""Two sample names each of RDS's master passwords, of instances and clusters: a pattern that fits both fits all."""


def policies(one: StackResource) -> Iterator[Any]:
    """Yield the policies that a resource gives to a role, user or group: the resource itself, or inline ones."""
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
            yield f"{part.sid}: {inverted} allows everything except what it names"
        for action in part.actions:
            if wild(action):
                yield f"{part.sid}: {action} also allows actions that AWS will add"
        for arn in part.resources:
            if every(arn) and not part.limited:
                about = "every resource" if arn == "*" else f"every resource, {arn}"
                for action in part.actions:
                    if not wild(action) and action not in UNLIMITED:
                        yield f"{part.sid}: {action} on {about}"
            elif _masters(arn) and not part.limited and any(map(part.covers, SECRETS)):
                yield f"{part.sid}: reads the master password of every database, {arn}"
            if wild(arn.split(":", 5)[4:5][0] if arn.count(":") > 4 else "") and part.covers("sts:AssumeRole"):
                yield f"{part.sid}: may assume the role of this name in every account, {arn}"


def _masters(arn: str) -> bool:
    """Return whether a pattern fits the master password of every database."""
    name = arn.split(":", 5)[-1].replace("[", "[[]")  # IAM has no character sets
    return any(all(fnmatchcase(one, name) for one in two) for two in MASTERS)


def _passed(one: StackResource) -> Judged:
    for part in _grants(one):
        if not part.covers("iam:PassRole"):
            continue
        for arn in part.resources:
            # Below the stack's own path, a wildcard names only its roles.
            role = arn.partition(":role/")[2]
            if wild(role[:1]) or not role:
                yield f"{part.sid}: may pass {arn} to a service"
        if "iam:passedtoservice" not in part.required:
            yield f"{part.sid}: does not say to which service (iam:PassedToService)"


def _escalates(one: StackResource) -> Judged:
    for part in _grants(one):
        for action in NEVER:
            if part.covers(action):
                yield f"{part.sid}: {action} lets the role extend its own rights"
        if part.covers(TAKES_OVER):
            for arn in part.resources:
                if "/" not in arn.partition(":role/")[2]:
                    yield f"{part.sid}: {TAKES_OVER} lets it assume the role {arn}"
        for action in ESCALATES:
            if part.covers(action) and "iam:permissionsboundary" not in part.required:
                missing = "no condition on iam:PermissionsBoundary"
                yield f"{part.sid}: {action} lets the role extend its own rights: {missing}"


def _keys(one: StackResource) -> Judged:
    yield "its keys never expire, and whoever finds one can use it: people and jobs should assume roles"


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
        "iam:PassRole names roles and the service that they are passed to",
        "list role ARNs, or a path of the stack's own, and add a condition on iam:PassedToService",
        RuleScope.EVERYWHERE,
        POLICIES,
        _passed,
    ),
    PolicyRule(
        "iam-no-escalation",
        "Nobody can extend their own rights",
        "allow changes of roles only with a condition on iam:PermissionsBoundary",
        RuleScope.EVERYWHERE,
        POLICIES,
        _escalates,
    ),
    PolicyRule(
        "iam-no-access-key",
        "No user has keys that never expire",
        "let whoever needs access assume a role",
        RuleScope.EVERYWHERE,
        ("aws:iam:AccessKey", "aws:iam:UserLoginProfile"),
        _keys,
    ),
    *trust.RULES,
    *managed.RULES,
]
