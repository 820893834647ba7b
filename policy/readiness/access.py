"""Who may do what: the IAM rules. Source: Service Authorization Reference, for what an action can be limited to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .rule import Judged, Rule, Scope
from .stack import Resource, listed, mappings

UNLIMITED = {
    "ecr:GetAuthorizationToken": "logs in to a registry as a whole and knows no resource",
    "sts:GetCallerIdentity": "tells callers who they are and knows no resource",
    "logs:DescribeLogGroups": "lists groups: limited to one it could not find it",
    "ecs:DescribeTaskDefinition": "knows no resource",
    "ecs:ListTaskDefinitions": "knows no resource",
    "ecs:DeregisterTaskDefinition": "knows no resource",
    "ecs:ListClusters": "knows no resource",
    "ssmmessages:CreateControlChannel": "knows no resource",
    "ssmmessages:CreateDataChannel": "knows no resource",
    "ssmmessages:OpenControlChannel": "knows no resource",
    "ssmmessages:OpenDataChannel": "knows no resource",
    **dict.fromkeys(
        (
            "application-autoscaling:Describe*",
            "ec2:Describe*",
            "ecs:Describe*",
            "ecs:List*",
            "elasticloadbalancing:Describe*",
            "rds:Describe*",
        ),
        "says what there is, and no data: a preview asks for what it does not know by name yet",
    ),
    **dict.fromkeys(
        (
            "route53:GetChange",
            "route53:GetHostedZone",
            "route53:ListHostedZones",
            "route53:ListHostedZonesByName",
            "route53:ListResourceRecordSets",
            "route53:ListTagsForResource",
        ),
        "reads public DNS: a zone is found by its name before its id is known",
    ),
}
"""Actions that may be allowed on every resource, and patterns of actions that may be allowed at all, each with the
reason. What belongs here gets a line here."""

BOUNDARY = "-boundary"
"""How the name of a permissions boundary ends. It allows nothing by itself: a role may do what it and the role's own
policies both allow, and those are judged."""

POLICIES = ("aws:iam:RolePolicy", "aws:iam:Policy", "aws:iam:UserPolicy", "aws:iam:GroupPolicy")
WIDE = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
GITHUB = "token.actions.githubusercontent.com"


def statements(policy: Any) -> Iterator[Mapping[str, Any]]:
    """A policy's statements, from its JSON."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    if isinstance(document, Mapping):
        yield from mappings(document.get("Statement"))


def _allowed(one: Resource) -> Iterator[Mapping[str, Any]]:
    yield from (part for part in statements(one.get("policy")) if part.get("Effect") == "Allow")


def _stars(one: Resource) -> Judged:
    if one.name.endswith(BOUNDARY):
        return
    for part in _allowed(one):
        sid = part.get("Sid", "without Sid")
        for inverted in ("NotAction", "NotResource"):
            if inverted in part:
                yield f"{sid}: {inverted} allows everything but what it names"
        actions = [str(action) for action in listed(part.get("Action"))]
        for action in actions:
            if "*" in action and action not in UNLIMITED:
                yield f"{sid}: {action} allows whatever AWS adds to it"
        if "*" in listed(part.get("Resource")) and not part.get("Condition"):
            for action in actions:
                if "*" not in action and action not in UNLIMITED:
                    yield f"{sid}: {action} on every resource"


def _passed(one: Resource) -> Judged:
    for part in _allowed(one):
        if "iam:PassRole" in listed(part.get("Action")):
            for arn in listed(part.get("Resource")):
                # Below a path of its own, a wildcard names the roles of one stack and no others.
                role = str(arn).partition(":role/")[2]
                if role.startswith("*") or not role:
                    yield f"{part.get('Sid', 'without Sid')}: may hand {arn} to a service"
            if not any("iam:PassedToService" in keys for keys in dict(part.get("Condition") or {}).values()):
                yield f"{part.get('Sid', 'without Sid')}: does not say to which service (iam:PassedToService)"


def _trusted(one: Resource) -> Judged:
    for part in statements(one.get("assumeRolePolicy")):
        if part.get("Effect") != "Allow":
            continue
        principal = part.get("Principal") or {}
        said = principal.values() if isinstance(principal, Mapping) else [principal]
        named = [name for value in said for name in listed(value)]
        if "*" in named:
            yield "anybody may take the role"
        conditions: dict[str, list[Any]] = {}
        for tests in dict(part.get("Condition") or {}).values():
            for key, value in tests.items():
                conditions.setdefault(str(key), []).extend(listed(value))
        if any("oidc-provider/" in str(name) for name in named):
            yield from _federated(conditions)
        if "ecs-tasks.amazonaws.com" in named and not {"aws:SourceAccount", "aws:SourceArn"} & set(conditions):
            yield "ECS may use the role for another account: no aws:SourceAccount, no aws:SourceArn"


def _federated(conditions: Mapping[str, list[Any]]) -> Judged:
    if not any(key.endswith(":aud") for key in conditions):
        yield "tokens for another audience are accepted: no condition on `aud`"
    subjects = [str(value) for key, values in conditions.items() if key.endswith(":sub") for value in values]
    if not subjects:
        yield "every repository may take the role: no condition on `sub`"
    for subject in subjects:
        # repo:ORG/REPO:… : what may be open is never organisation or repository, nor the whole rest.
        parts = subject.split(":", 2)
        if len(parts) < 3 or "*" in parts[1] or parts[2] in ("*", ""):
            yield f"{subject} is more than one repository's branch, environment or event"


def _attached(one: Resource) -> Judged:
    for arn in [*listed(one.get("policyArn")), *listed(one.get("managedPolicyArns"))]:
        name = str(arn).rpartition("/")[2]
        if name in WIDE or name.endswith("FullAccess"):
            yield f"{name} allows far more than this role does"


RULES = [
    Rule(
        "iam-no-wildcard",
        "A policy names its actions and resources; `*` needs a reason",
        "name actions and ARNs; an action that knows no resource gets a line with its reason in UNLIMITED",
        Scope.EVERYWHERE,
        POLICIES,
        _stars,
    ),
    Rule(
        "iam-pass-role",
        "iam:PassRole names roles and the service that they are handed to",
        "list role ARNs, or a path of the stack's own, and add a condition on iam:PassedToService",
        Scope.EVERYWHERE,
        POLICIES,
        _passed,
    ),
    Rule(
        "iam-trust",
        "A role is taken by those who are named: GitHub by audience and subject, ECS by account",
        "add conditions on `aud` and `sub`, or aws:SourceAccount and aws:SourceArn",
        Scope.EVERYWHERE,
        ("aws:iam:Role",),
        _trusted,
    ),
    Rule(
        "iam-no-broad-managed-policy",
        "No role has one of AWS' broad managed policies",
        "write a policy with what the role does",
        Scope.EVERYWHERE,
        ("aws:iam:Role", "aws:iam:RolePolicyAttachment", "aws:iam:PolicyAttachment"),
        _attached,
    ),
]
