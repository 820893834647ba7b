"""ECS, ECR, run records and secrets: the calls that the gate and the program make for the stack's tasks."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement


def containers(scope: Scope) -> list[IamStatement]:
    """For the deploy role."""
    clusters = scope.clusters
    own = [scope.arn("ecs", f"cluster/{scope.name}-*")]
    services = [scope.arn("ecs", f"service/{cluster}/{scope.name}-*") for cluster in clusters]
    deployments = [scope.arn("ecs", f"service-deployment/{one}/{scope.name}-*/*") for one in clusters]
    definitions = [scope.arn("ecs", f"task-definition/{scope.name}-*:*")]
    tasks = [scope.arn("ecs", f"task/{cluster}/*") for cluster in clusters]
    shared = [one for one in tasks if f":task/{scope.name}-*/" not in one]
    repository = [scope.arn("ecr", f"repository/{scope.name}-*")]
    theirs = scope.used("ecr", "repository/")
    parameters = [scope.arn("ssm", f"parameter{scope.records}"), scope.arn("ssm", f"parameter{scope.records}/*")]
    return [
        IamStatement(
            "Cluster",
            ["ecs:CreateCluster", "ecs:DeleteCluster", "ecs:PutClusterCapacityProviders", "ecs:UpdateCluster",
             "ecs:UpdateClusterSettings"],
            own,
        ),
        # A service runs as the task definition says: as another stack's, its tasks would have that stack's roles and
        # secrets. UpdateService need not name one.
        IamStatement(
            "Service",
            ["ecs:CreateService", "ecs:UpdateService"],
            services,
            {"ArnLikeIfExists": {"ecs:task-definition": definitions}},
        ),
        # Who may continue a paused deployment opens the gate: no other role of the account should have it.
        IamStatement(
            "Deployment",
            ["ecs:ContinueServiceDeployment", "ecs:DeleteService", "ecs:StopServiceDeployment"],
            [*services, *deployments],
        ),
        IamStatement("Register", ["ecs:RegisterTaskDefinition"], definitions),
        IamStatement("Run", ["ecs:RunTask"], definitions, scope.in_clusters),
        IamStatement("Stop", ["ecs:StopTask"], [scope.arn("ecs", f"task/{scope.name}-*/*")]),
        # Tasks bear the tags of their task definition (sluice/aws/tasks.py): in a shared cluster others' are not
        # stopped.
        *([IamStatement("StopShared", ["ecs:StopTask"], shared, scope.own)] if shared else []),
        IamStatement(
            "Deregister",
            ["ecs:DeregisterTaskDefinition"],
            ["*"],
            scope.in_region,
            why="IAM supports no resource for it",
        ),
        IamStatement("TagContainers", ["ecs:TagResource", "ecs:UntagResource"], [*own, *services, *definitions]),
        IamStatement("TagTasks", ["ecs:TagResource"], tasks, {"StringEquals": {"ecs:CreateAction": "RunTask"}}),
        IamStatement(
            "Repository",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchDeleteImage", "ecr:BatchGetImage", "ecr:CompleteLayerUpload",
             "ecr:CreateRepository", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository", "ecr:DeleteRepositoryPolicy",
             "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage",
             "ecr:PutImageScanningConfiguration", "ecr:PutImageTagMutability", "ecr:PutLifecyclePolicy",
             "ecr:SetRepositoryPolicy", "ecr:TagResource",
             "ecr:UntagResource", "ecr:UploadLayerPart"],
            repository,
        ),
        IamStatement(
            "Push",
            ["ecr:GetAuthorizationToken"],
            ["*"],
            scope.in_region,
            why="Docker logs in to the registry as a whole; which repository it pushes to, the statement above says",
        ),
        *(
            # sluice/release/hold.py
            [IamStatement("Hold", ["ecr:BatchDeleteImage", "ecr:BatchGetImage", "ecr:PutImage"], theirs)]
            if theirs else []
        ),
        IamStatement(
            "Records",
            ["ssm:AddTagsToResource", "ssm:DeleteParameter", "ssm:DeleteParameters", "ssm:PutParameter",
             "ssm:RemoveTagsFromResource"],
            parameters,
        ),
        # To put an address beside a password that stays; never RDS's own secret. The tasks that it starts read both.
        IamStatement(
            "Secrets",
            ["secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:DeleteResourcePolicy",
             "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:RestoreSecret",
             "secretsmanager:TagResource", "secretsmanager:UntagResource", "secretsmanager:UpdateSecret"],
            [scope.arn("secretsmanager", f"secret:{scope.name}-*")],
        ),
    ]  # fmt: skip
