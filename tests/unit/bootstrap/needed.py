"""What the roles of `staging` must still be able to do, beside attacks.py, which they must not."""

from __future__ import annotations

from tests.unit.bootstrap.attacks import (
    AS,
    CLUSTER,
    COMMON,
    COPIED,
    COPIER,
    DATABASE,
    DEFINITION,
    FOREIGN,
    HERE,
    MASTER,
    OWN,
    OWN_ALARM,
    PRODUCTION,
    RDS,
    RULE,
    SERVES,
    SERVICE,
    SNAPSHOT,
    STATES,
    TARGET,
    THEIRS,
    THROUGH_S3,
    Attempt,
    _get,
    dns,
)
from tests.unit.bootstrap.decision import Request
from tests.unit.bootstrap.grants import BUCKET_KEY, KEY, SCOPE
from tests.unit.bootstrap.strategies import (
    ALTERNATE_GROUP,
    BY_ECS,
    DEPLOYS,
    INFRASTRUCTURE,
    OWN_GROUP,
    OWN_RULE,
    PASSED,
)

NEEDED = [
    Attempt(
        "a deployer shares the snapshot that is to be copied",
        "deploy",
        Request("rds:ModifyDBSnapshotAttribute", SNAPSHOT),
        scope=COPIED,
    ),
    Attempt("a deployer takes the role that copies", "deploy", Request("sts:AssumeRole", COPIER), scope=COPIED),
    Attempt(
        "target tracking makes the alarm of its service", "deploy", Request("cloudwatch:PutMetricAlarm", OWN_ALARM)
    ),
    Attempt("a preview reads its own state", "preview", _get("stacks/sluice/staging.json")),
    Attempt("a preview decrypts its own secrets", "preview", Request("kms:Decrypt", KEY)),
    Attempt("a preview reads the bucket through S3", "preview", Request("kms:Decrypt", BUCKET_KEY, THROUGH_S3)),
    Attempt(
        "a deployer writes its own state", "deploy", Request("s3:PutObject", f"{STATES}/stacks/sluice/staging.json")
    ),
    Attempt(
        "a deployer stops its own task in a cluster that it shares",
        "deploy",
        Request("ecs:StopTask", FOREIGN, OWN),
        scope=COMMON,
    ),
    Attempt(
        "a deployer stops its own task before its tags are there",
        "deploy",
        Request("ecs:StopTask", SCOPE.arn("ecs", "task/sluice-staging-1a2b3c4/0123")),
    ),
    dns("a deployer writes its name", ["shop.example.com"], ["A"]),
    dns("a deployer proves to ACM that it is its name", ["_0a1b.shop.example.com"], ["CNAME"]),
    Attempt(
        "a deployer scales its service",
        "deploy",
        Request("application-autoscaling:RegisterScalableTarget", TARGET, SERVICE),
    ),
    Attempt(
        "a deployer changes how its service is scaled",
        "deploy",
        Request("application-autoscaling:PutScalingPolicy", TARGET, SERVICE | OWN),
    ),
    Attempt(
        "a deployer hears of stopped tasks", "deploy", Request("events:PutRule", RULE, {"events:source": ["aws.ecs"]})
    ),
    Attempt(
        "a deployer has its topic told",
        "deploy",
        Request("events:PutTargets", RULE, {"events:TargetArn": SCOPE.arn("sns", "sluice-staging-1a2b3c4")}),
    ),
    Attempt("a deployer deletes snapshots that are too many", "deploy", Request("rds:DeleteDBSnapshot", SNAPSHOT)),
    Attempt(
        "production's deployer takes a snapshot", "deploy", Request("rds:CreateDBSnapshot", SNAPSHOT), scope=PRODUCTION
    ),
    Attempt(
        "a preview describes the stack's own tasks",
        "preview",
        Request("ecs:DescribeTasks", SCOPE.arn("ecs", "task/sluice-staging-1a2b3c4/0123"), OWN),
    ),
    Attempt(
        "a preview lists the tasks of its cluster",
        "preview",
        Request("ecs:ListTasks", "*", {CLUSTER: SCOPE.arn("ecs", "cluster/sluice-staging-1a2b3c4")}),
    ),
    Attempt(
        "a preview reads its image's configuration",
        "preview",
        Request("ecr:GetDownloadUrlForLayer", SCOPE.arn("ecr", "repository/sluice-staging-1a2b3c4")),
    ),
    Attempt(
        "a task reads the master password of its own database",
        "boundary",
        Request("secretsmanager:GetSecretValue", MASTER, {DATABASE: SCOPE.arn("rds", "db:sluice-staging-1a2b3c4")}),
    ),
    Attempt(
        "a task reads the secrets of its stack",
        "boundary",
        Request("secretsmanager:GetSecretValue", SCOPE.arn("secretsmanager", "secret:sluice-staging-app-1a2b3c4-AbC")),
    ),
    Attempt(
        "a deployer deploys its own revision",
        "deploy",
        Request("ecs:UpdateService", SERVES, {AS: SCOPE.arn("ecs", "task-definition/sluice-staging-service:7")}),
    ),
    Attempt("a deployer changes the number of its tasks", "deploy", Request("ecs:UpdateService", SERVES)),
    Attempt(
        "a deployer continues a paused deployment of its service",
        "deploy",
        Request("ecs:ContinueServiceDeployment", DEPLOYS),
    ),
    Attempt(
        "a deployer rolls back a deployment of its service", "deploy", Request("ecs:StopServiceDeployment", DEPLOYS)
    ),
    Attempt("a deployer reads the figures of a canary", "deploy", Request("cloudwatch:GetMetricData", "*", HERE)),
    *(
        Attempt(f"a deployer {what}", "deploy", Request("iam:PassRole", INFRASTRUCTURE, {PASSED: to}))
        for what, to in (("lets ECS shift its traffic", "ecs.amazonaws.com"),)
    ),
    *(
        Attempt(f"ECS {what} by the infrastructure role", "boundary", Request(action, resource, BY_ECS))
        for what, action, resource in (
            ("shifts traffic", "elasticloadbalancing:ModifyRule", OWN_RULE),
            ("registers a task", "elasticloadbalancing:RegisterTargets", OWN_GROUP),
            ("registers a task in the second group", "elasticloadbalancing:RegisterTargets", ALTERNATE_GROUP),
            ("asks for a target's health", "elasticloadbalancing:DescribeTargetHealth", "*"),
        )
    ),
    Attempt("a deployer deletes its service", "deploy", Request("ecs:DeleteService", SERVES)),
    Attempt(
        "a deployer runs a task in its own cluster",
        "deploy",
        Request("ecs:RunTask", DEFINITION, {CLUSTER: SCOPE.arn("ecs", "cluster/sluice-staging-1a2b3c4")}),
    ),
    Attempt(
        "a deployer stops its own task",
        "deploy",
        Request("ecs:StopTask", SCOPE.arn("ecs", "task/sluice-staging-1a2b3c4/0123"), OWN),
    ),
    Attempt(
        "a deployer tags the task that it runs",
        "deploy",
        Request(
            "ecs:TagResource",
            SCOPE.arn("ecs", "task/sluice-staging-1a2b3c4/0123"),
            {"ecs:CreateAction": "RunTask"},
        ),
    ),
    Attempt(
        "RDS makes a grant of its own key in the deployer's name",
        "deploy",
        Request(
            "kms:CreateGrant",
            THEIRS,
            RDS | {"kms:ResourceAliases": ["alias/aws/rds"], "kms:GrantIsForAWSResource": "true"},
        ),
    ),
    Attempt(
        "a deployer logs in to the registry that it pushes to",
        "deploy",
        Request("ecr:GetAuthorizationToken", "*", {"aws:RequestedRegion": "eu-central-1"}),
    ),
]
"""What the same roles are for."""
