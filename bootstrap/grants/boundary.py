"""The upper limit of what any role of the stack's tasks can do, whatever its own policies allow."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement


def boundary(scope: Scope) -> list[IamStatement]:
    """Return the boundary: a role may do what its policies and the boundary both allow.

    Source: "Permissions boundaries" in the IAM user guide.
    """
    logs = scope.arn("logs", f"log-group:{scope.records}/*")
    secrets = [scope.arn("secretsmanager", f"secret:{scope.name}-*")]
    masters = [scope.arn("secretsmanager", "secret:rds!*")]
    return [
        IamStatement(
            "Start",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken",
             "ecr:GetDownloadUrlForLayer"],
            ["*"],
            why="the execution roles' own policies name the repository; a promoted image lies in another account's",
        ),
        IamStatement("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{logs}:*"]),
        IamStatement("Secrets", ["secretsmanager:GetSecretValue"], [*secrets, *scope.secrets]),
        # No role of this stack reads a password of the account's other databases, which may be production's.
        IamStatement("MasterSecrets", ["secretsmanager:GetSecretValue"], masters, scope.of_databases),
        *(
            [IamStatement("ClusterSecrets", ["secretsmanager:GetSecretValue"], masters, scope.of_database_clusters)]
            if scope.used("rds", "cluster:") else []
        ),
        IamStatement(
            "Decrypt",
            ["kms:Decrypt"],
            [scope.arn("kms", "key/*")],
            {"StringEquals": {"kms:ViaService": f"secretsmanager.{scope.account.region}.amazonaws.com"}},
            why="the keys of secrets, only through Secrets Manager",
        ),
        IamStatement(
            "Exec",
            ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
             "ssmmessages:OpenDataChannel"],
            ["*"],
            why="ECS Exec; IAM supports no resource for it, and no role has it unless a policy of the settings"
            " gives it",
        ),
        *shift(scope),
        *(
            [IamStatement("App", scope.app, ["*"], why="what the settings of bootstrap let the service's own code use")]
            if scope.app else []
        ),
    ]  # fmt: skip


def shift(scope: Scope) -> list[IamStatement]:
    """What ECS itself may do by the stack's infrastructure role while it shifts traffic (`service.strategy`). Of all
    roles of the stack only that one may: a task's code changes no rule."""
    infrastructure = f"{scope.roles.removesuffix('*')}{scope.name}-infrastructure-*"
    alone = {"ArnLike": {"aws:PrincipalArn": infrastructure}}
    return [
        IamStatement(
            "Shift",
            ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:ModifyRule",
             "elasticloadbalancing:RegisterTargets"],
            [*scope.target_groups, *scope.listener_rules],
            alone,
        ),
        IamStatement(
            "ShiftLook",
            ["elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules",
             "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"],
            ["*"],
            alone,
            why="IAM supports no resource for them; they describe load balancers, not what passes through them",
        ),
    ]  # fmt: skip
