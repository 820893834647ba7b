"""The roles of the stack's tasks: created below one path, with one boundary, and passed only to ECS."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement

LINKED = ("ecs", "ecs.application-autoscaling", "elasticloadbalancing", "rds")
"""Services whose own roles are created on first use in an account (each guide's "Using service-linked roles")."""


def identity(scope: Scope) -> list[IamStatement]:
    """For the deploy role. It cannot create a role that exceeds the boundary, and cannot change the boundary."""
    linked = [f"{service}.amazonaws.com" for service in LINKED]
    bounded = {"StringEquals": {"iam:PermissionsBoundary": scope.boundary}}
    return [
        IamStatement(
            "MakeBounded",
            ["iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
             "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
            [scope.roles],
            bounded,
        ),
        IamStatement(
            "Keep",
            ["iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
             "iam:UpdateRoleDescription"],
            [scope.roles],
        ),
        IamStatement(
            "PassToTasks",
            ["iam:PassRole"],
            [scope.roles],
            # Which of the two a call names differs by the call (the reference's table of ECS operations); the roles'
            # own trust lets tasks alone take them.
            {"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]}},
        ),
        IamStatement(
            "ServiceLinked",
            ["iam:CreateServiceLinkedRole"],
            [scope.globally("iam", f"role/aws-service-role/{one}/*") for one in linked],
            {"StringEquals": {"iam:AWSServiceName": linked}},
        ),
    ]  # fmt: skip
