"""A small stack that no rule finds fault with, as plain data."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from policy.readiness.stack import StackGraph, StackResource

ARN = "arn:aws:iam::111122223333:role/sluice/prod"
DIGEST = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:" + "ab" * 32


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Sid": "Test", "Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal: Any, condition: dict[str, Any] | None = None) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return policy(statement | ({"Condition": condition} if condition else {}))


def container(**changes: Any) -> str:
    usual = {
        "name": "service",
        "image": DIGEST,
        "environment": [{"name": "DB_SECRET_VERSION", "value": "1"}, {"name": "LOG_LEVEL", "value": "info"}],
        "logConfiguration": {"logDriver": "awslogs"},
        "readonlyRootFilesystem": True,
        "linuxParameters": {"capabilities": {"add": [], "drop": ["ALL"]}, "initProcessEnabled": True},
    }
    return json.dumps([usual | changes])


def pause(stage: str, action: str = "ROLLBACK") -> dict[str, Any]:
    """A lifecycle hook that waits for the gate."""
    timeout = {"timeoutInMinutes": "60", "action": action}
    return {"targetType": "PAUSE", "lifecycleStages": [stage], "timeoutConfiguration": timeout}


GITHUB = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
AUDIENCE = {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
ENVIRONMENT = {"token.actions.githubusercontent.com:sub": "repo:shop/shop:environment:prod"}

GOOD: dict[str, tuple[str, dict[str, Any], dict[str, list[str]]]] = {
    "provider": (
        "pulumi:providers:aws",
        {
            "allowedAccountIds": json.dumps(["111122223333"]),
            "defaultTags": json.dumps({"tags": {"Project": "shop", "Stack": "prod", "Environment": "prod"}}),
        },
        {},
    ),
    "execution": (
        "aws:iam:RolePolicy",
        {
            "policy": policy(
                allow("ecr:GetAuthorizationToken", "*"), allow(["logs:PutLogEvents"], "arn:aws:logs:::log-group:a:*")
            )
        },
        {},
    ),
    "passing": (
        "aws:iam:Policy",
        {
            "policy": policy(
                allow(
                    "iam:PassRole",
                    f"{ARN}/*",
                    Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
                )
            )
        },
        {},
    ),
    "task-role": (
        "aws:iam:Role",
        {
            "assumeRolePolicy": trust(
                {"Service": "ecs-tasks.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": "111122223333"}}
            )
        },
        {},
    ),
    "deploy-role": ("aws:iam:Role", {"assumeRolePolicy": trust(GITHUB, {"StringEquals": AUDIENCE | ENVIRONMENT})}, {}),
    "front": ("aws:ec2:SecurityGroup", {}, {}),
    "tasks": ("aws:ec2:SecurityGroup", {}, {}),
    "from-internet": (
        "aws:vpc:SecurityGroupIngressRule",
        {"cidrIpv4": "0.0.0.0/0", "fromPort": 443.0, "toPort": 443.0},
        {"securityGroupId": ["front"]},
    ),
    "from-front": (
        "aws:vpc:SecurityGroupIngressRule",
        {"referencedSecurityGroupId": "sg-1", "fromPort": 8080, "toPort": 8080},
        {"securityGroupId": ["tasks"]},
    ),
    "network": ("aws:ec2:Vpc", {}, {}),
    "default-group": ("gate:index:DefaultGroup", {}, {"vpc": ["network"]}),
    "traffic": ("aws:s3:Bucket", {}, {}),
    "closed": (
        "aws:s3:BucketPublicAccessBlock",
        {
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        {"bucket": ["traffic"]},
    ),
    "flow": ("aws:ec2:FlowLog", {"trafficType": "REJECT"}, {"vpcId": ["network"], "logDestination": ["traffic"]}),
    "acl": ("aws:wafv2:WebAcl", {"rules": [{"name": "rate", "action": {"block": {}}}]}, {}),
    "guarded": ("aws:wafv2:WebAclAssociation", {}, {"webAclArn": ["acl"], "resourceArn": ["balancer"]}),
    "cluster": ("aws:ecs:Cluster", {"settings": [{"name": "containerInsights", "value": "enabled"}]}, {}),
    "balancer": (
        "aws:lb:LoadBalancer",
        {
            "enableDeletionProtection": True,
            "dropInvalidHeaderFields": True,
            "subnets": ["a", "b"],
            "accessLogs": {"enabled": True, "bucket": "traffic"},
        },
        {"securityGroups": ["front", "from-internet"]},
    ),
    "redirect": (
        "aws:lb:Listener",
        {"protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"protocol": "HTTPS"}}]},
        {},
    ),
    "https": (
        "aws:lb:Listener",
        {
            "protocol": "HTTPS",
            "defaultActions": [{"type": "forward"}],
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        },
        {},
    ),
    "targets": ("aws:lb:TargetGroup", {"healthCheck": {"path": "/live"}}, {}),
    "header": ("gate:index:RandomText", {"length": 40}, {}),
    "production-rule": ("aws:lb:ListenerRule", {"conditions": [{"pathPattern": {}}]}, {"listenerArn": ["https"]}),
    "test-rule": (
        "aws:lb:ListenerRule",
        {"conditions": [{"httpHeader": {"httpHeaderName": "X-Sluice-Test", "values": ["random"]}}]},
        {"listenerArn": ["https"], "conditions": ["header"]},
    ),
    "infrastructure": ("aws:iam:Role", {"assumeRolePolicy": trust({"Service": "ecs.amazonaws.com"})}, {}),
    "shifting": (
        "aws:iam:RolePolicy",
        {
            "policy": policy(
                allow(["elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetHealth"], "*"),
                allow("elasticloadbalancing:ModifyRule", "arn:aws:elasticloadbalancing:::listener-rule/app/shop/1/2/3"),
            )
        },
        {"role": ["infrastructure"]},
    ),
    "parameters": (
        "aws:rds:ParameterGroup",
        {"parameters": [{"name": "rds.force_ssl", "value": "1"}]},
        {},
    ),
    "database": (
        "aws:rds:Instance",
        {
            "storageEncrypted": True,
            "publiclyAccessible": False,
            "manageMasterUserPassword": True,
            "multiAz": True,
            "backupRetentionPeriod": 14.0,
            "deletionProtection": True,
            "skipFinalSnapshot": False,
            "finalSnapshotIdentifier": "shop-final",
            "performanceInsightsEnabled": True,
        },
        {"parameterGroupName": ["parameters"]},
    ),
    "repository": (
        "aws:ecr:Repository",
        {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}, "forceDelete": False},
        {},
    ),
    "lifecycle": ("aws:ecr:LifecyclePolicy", {}, {"repository": ["repository"]}),
    "secret": ("aws:secretsmanager:Secret", {"recoveryWindowInDays": 30}, {}),
    "logs": ("aws:cloudwatch:LogGroup", {"retentionInDays": 30}, {}),
    "definition": ("aws:ecs:TaskDefinition", {"containerDefinitions": container()}, {}),
    "scan": ("gate:index:ImageScan", {"severity": "critical"}, {}),
    "gate": (
        "gate:index:MigrationRun",
        {"phase": "before", "snapshot": {"keep": 3}, "retain": True},
        {"imageDigest": ["scan"]},
    ),
    "service": (
        "aws:ecs:Service",
        {
            "networkConfiguration": {"assignPublicIp": False},
            "desiredCount": 2,
            "enableExecuteCommand": False,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "deploymentMinimumHealthyPercent": 100,
            "deploymentConfiguration": {
                "strategy": "CANARY",
                "lifecycleHooks": [pause("POST_TEST_TRAFFIC_SHIFT"), pause("PRE_PRODUCTION_TRAFFIC_SHIFT")],
            },
            "loadBalancers": [{"advancedConfiguration": {"testListenerRule": "arn:of:test"}}],
        },
        {"taskDefinition": ["gate"], "loadBalancers": ["targets", "production-rule", "test-rule", "infrastructure"]},
    ),
    "rollout": ("gate:index:Rollout", {"strategy": {"kind": "canary"}}, {"taskDefinition": ["gate"]}),
    "scaling": (
        "aws:appautoscaling:Target",
        {"scalableDimension": "ecs:service:DesiredCount", "minCapacity": 2, "maxCapacity": 6},
        {"resourceId": ["service"]},
    ),
    "topic": ("aws:sns:Topic", {}, {}),
    "subscription": ("aws:sns:TopicSubscription", {"protocol": "email"}, {"topic": ["topic"]}),
    "errors": (
        "aws:cloudwatch:MetricAlarm",
        {
            "alarmActions": ["topic"],
            "metricQueries": [
                {"id": "e", "metric": {"namespace": "AWS/ApplicationELB", "metricName": "HTTPCode_Target_5XX_Count"}},
                {"id": "share", "expression": "100*e"},
            ],
        },
        {},
    ),
    **{
        name: (
            "aws:cloudwatch:MetricAlarm",
            {"namespace": space, "metricName": metric, "alarmActions": ["topic"]},
            {},
        )
        for name, space, metric in (
            ("slow", "AWS/ApplicationELB", "TargetResponseTime"),
            ("unhealthy", "AWS/ApplicationELB", "UnHealthyHostCount"),
            ("storage", "AWS/RDS", "FreeStorageSpace"),
            ("cpu", "AWS/RDS", "CPUUtilization"),
            ("connections", "AWS/RDS", "DatabaseConnections"),
        )
    },
    "failed": ("aws:cloudwatch:EventRule", {"eventPattern": '{"detail-type": ["ECS Task State Change"]}'}, {}),
    "told": ("aws:cloudwatch:EventTarget", {}, {"rule": ["failed"]}),
}
"""Name to type, properties, and what its properties come from. A resource's URN is its name here."""

IGNORED = {
    "service": ["taskDefinition", "loadBalancers"],
    "production-rule": ["actions"],
    "test-rule": ["actions"],
}


def stack(
    *,
    without: str = "",
    changed: dict[str, dict[str, Any]] | None = None,
    needs: dict[str, dict[str, list[str]]] | None = None,
    more: list[StackResource] | None = None,
    ignored: dict[str, list[str]] | None = None,
) -> StackGraph:
    """The stack, changed: a resource left out, properties or origins replaced, resources added."""
    found = []
    for name, (kind, props, origins) in deepcopy(GOOD).items():
        if name != without:
            props |= (changed or {}).get(name, {})
            origins |= (needs or {}).get(name, {})
            found.append(
                StackResource(kind, name, name, props, origins, (IGNORED if ignored is None else ignored).get(name, ()))
            )
    return StackGraph([*found, *(more or [])])
