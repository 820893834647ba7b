"""What a preview, a refresh and a drift check read of the stack's own resources, and of those it uses by name."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement
from infra import naming


def own(scope: Scope) -> list[IamStatement]:
    """For the preview role, and for the deploy role beside what it changes."""
    return [*containers(scope), *named(scope)]


def containers(scope: Scope) -> list[IamStatement]:
    """Clusters, services, tasks and images: the stack's own and those that it uses."""
    clusters = scope.clusters
    services = [scope.arn("ecs", f"service/{one}/{scope.name}-*") for one in clusters]
    history = [
        scope.arn("ecs", f"{kind}/{one}/{scope.name}-*/*")
        for kind in ("service-deployment", "service-revision") for one in clusters
    ]  # fmt: skip
    tasks = [scope.arn("ecs", f"task/{one}/*") for one in clusters]
    definitions = [scope.arn("ecs", f"task-definition/{scope.name}-*:*")]
    return [
        IamStatement("Clusters", ["ecs:DescribeClusters"], scope.cluster_arns),
        IamStatement(
            "Services",
            ["ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:DescribeServices",
             "ecs:ListServiceDeployments"],
            [*services, *history],
        ),
        # Not by tags: a task that ECS does not list yet has none, and the refusal would look like a lost permission.
        IamStatement("Tasks", ["ecs:DescribeTasks"], tasks),
        IamStatement(
            "ListTasks",
            ["ecs:ListTasks"],
            ["*"],
            scope.in_clusters,
            why="tasks on Fargate have no container instance, which is the only resource that AWS knows for it",
        ),
        IamStatement(
            "ContainerTags", ["ecs:ListTagsForResource"], [*scope.cluster_arns, *services, *definitions, *tasks]
        ),
        IamStatement(
            "Images",
            ["ecr:BatchGetImage", "ecr:DescribeImageScanFindings", "ecr:DescribeImages", "ecr:DescribeRepositories",
             "ecr:GetDownloadUrlForLayer", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:ListImages",
             "ecr:ListTagsForResource"],
            repositories(scope),
        ),
    ]  # fmt: skip


def repositories(scope: Scope) -> list[str]:
    """Return ARNs: the stack's own, that of the stack it promotes from, and those that the settings name."""
    here = [scope.arn("ecr", f"repository/{scope.name}-*"), *scope.used("ecr", "repository/")]
    source = scope.upstream
    if source is None:
        return here
    name = naming.prefix(scope.project, source.stack)
    return [*here, scope.arn("ecr", f"repository/{name}-*", region="*", account=source.account or scope.account.id)]


def named(scope: Scope) -> list[IamStatement]:
    """Return access to what has the stack's own name."""
    return [
        IamStatement(
            "Dashboard", ["cloudwatch:GetDashboard"], [scope.globally("cloudwatch", f"dashboard/{scope.name}*")]
        ),
        IamStatement(
            "Rules",
            ["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"],
            [scope.arn("events", f"rule/{scope.name}-*")],
        ),
        IamStatement(
            "Topics",
            ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"],
            [scope.arn("sns", f"{scope.name}-*"), *scope.used("sns", "")],
        ),
        IamStatement(
            "Roles",
            ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
             "iam:ListRolePolicies", "iam:ListRoleTags", "iam:SimulatePrincipalPolicy"],
            [scope.roles],
        ),
        IamStatement(
            "Records",
            ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:ListTagsForResource"],
            [scope.arn("ssm", f"parameter{scope.records}"), scope.arn("ssm", f"parameter{scope.records}/*")],
        ),
    ]  # fmt: skip
