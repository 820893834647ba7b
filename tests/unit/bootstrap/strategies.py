"""What somebody who has one of the roles of `staging` would try with deployments that pause and traffic that shifts.

`before.json` is of a time without strategies, so it says nothing of them.
"""

from __future__ import annotations

from tests.unit.bootstrap.attacks import HERE, MASTER, Attempt
from tests.unit.bootstrap.decision import Request
from tests.unit.bootstrap.grants import SCOPE

DEPLOYS = SCOPE.arn("ecs", "service-deployment/sluice-staging-1a2b3c4/sluice-staging-service-5d6e7f8/0aB1")
THEIR_DEPLOYMENT = DEPLOYS.replace("sluice-staging", "sluice-prod")
INFRASTRUCTURE = SCOPE.globally("iam", "role/sluice/staging/sluice-staging-infrastructure-1a2b3c4")
PASSED = "iam:PassedToService"
PRINCIPAL = "aws:PrincipalArn"
BY_ECS = {PRINCIPAL: INFRASTRUCTURE}
BY_A_TASK = {PRINCIPAL: SCOPE.globally("iam", "role/sluice/staging/sluice-staging-service-task-1a2b3c4")}
OWN_RULE = SCOPE.arn("elasticloadbalancing", "listener-rule/app/sluice-staging-1a2b3c4/50dc6c49/f2f7dc8e/9683b2d0")
OWN_GROUP = SCOPE.arn("elasticloadbalancing", "targetgroup/sluice-staging-1a2b3c4/50dc6c49")
ALTERNATE_GROUP = OWN_GROUP.replace("sluice-staging", "sluice-staging-alt")

STRATEGIES = [
    Attempt(
        "a pull request lets a paused deployment go on", "preview", Request("ecs:ContinueServiceDeployment", DEPLOYS)
    ),
    Attempt(
        "staging's deployer lets production's paused deployment go on",
        "deploy",
        Request("ecs:ContinueServiceDeployment", THEIR_DEPLOYMENT),
    ),
    Attempt("a pull request reads every metric", "preview", Request("cloudwatch:GetMetricData", "*", HERE)),
    Attempt(
        "a task of staging shifts its own service's traffic",
        "boundary",
        Request("elasticloadbalancing:ModifyRule", OWN_RULE, BY_A_TASK),
    ),
    Attempt(
        "a task of staging takes its own service's targets away",
        "boundary",
        Request("elasticloadbalancing:DeregisterTargets", OWN_GROUP, BY_A_TASK),
    ),
    *(
        Attempt(f"the infrastructure role of staging {what}", "boundary", Request(action, resource, BY_ECS))
        for what, action, resource in (
            (
                "shifts production's traffic",
                "elasticloadbalancing:ModifyRule",
                OWN_RULE.replace("sluice-staging", "sluice-prod"),
            ),
            ("changes a listener", "elasticloadbalancing:ModifyListener", OWN_RULE.rpartition("/")[0]),
            ("reads a secret", "secretsmanager:GetSecretValue", MASTER),
            ("deletes a target group", "elasticloadbalancing:DeleteTargetGroup", OWN_GROUP),
        )
    ),
    *(
        Attempt(f"staging's deployer hands the infrastructure role to {service}", "deploy",
                Request("iam:PassRole", INFRASTRUCTURE, {PASSED: service}))
        for service in ("lambda.amazonaws.com", "ec2.amazonaws.com")
    ),
]  # fmt: skip
