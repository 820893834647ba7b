"""Logs, alarms, dashboard, notices, events and autoscaling."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement


def operations(scope: Scope) -> list[IamStatement]:
    """For the deploy role."""
    topics = [scope.arn("sns", f"{scope.name}-*")]
    return [
        IamStatement(
            "Alarms",
            ["cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions",
             "cloudwatch:PutCompositeAlarm", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource",
             "cloudwatch:UntagResource"],
            # Target tracking makes alarms in the caller's name ("Application Auto Scaling identity-based policies"),
            # called after cluster and service: another service's stay as they are.
            [
                scope.arn("cloudwatch", f"alarm:{name}")
                for name in (
                    f"{scope.name}-*", *(f"TargetTracking-service/{one}/{scope.name}-*" for one in scope.clusters)
                )
            ],
        ),
        # The analysis of a canary or linear step (sluice/rollout/strategy).
        IamStatement(
            "Figures",
            ["cloudwatch:GetMetricData"],
            ["*"],
            scope.in_region,
            why="IAM supports no resource for it: numbers of every metric of the account are readable, and no logs",
        ),
        IamStatement(
            "Dashboard",
            ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"],
            [scope.globally("cloudwatch", f"dashboard/{scope.name}*")],
        ),
        IamStatement(
            "Topic",
            ["sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource",
             "sns:UntagResource"],
            topics,
        ),
        IamStatement(
            "Unsubscribe",
            ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
            ["*"],
            scope.in_region,
            why="IAM supports no resource for them",
        ),
        IamStatement("Notify", ["sns:Publish"], [*topics, *scope.used("sns", "")]),
        *logs(scope),
        *events(scope, [*topics, *scope.used("sns", "")]),
        *autoscaling(scope),
    ]  # fmt: skip


def logs(scope: Scope) -> list[IamStatement]:
    """Return access to the log groups of the stack and its database, and to the log lines of its tasks."""
    own = scope.arn("logs", f"log-group:{scope.records}/*")
    database = scope.arn("logs", f"log-group:/aws/rds/instance/{scope.name}-*")
    return [
        IamStatement(
            "Logs",
            ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy",
             "logs:TagResource", "logs:UntagResource"],
            [own, database],
        ),
        IamStatement("Lines", ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"], [f"{own}:*"]),
    ]  # fmt: skip


def events(scope: Scope, receivers: list[str]) -> list[IamStatement]:
    """Return access to rules on ECS events, which notify only the stack's topics."""
    rules = [scope.arn("events", f"rule/{scope.name}-*")]
    return [
        IamStatement(
            "Rules",
            ["events:DeleteRule", "events:DisableRule", "events:EnableRule", "events:RemoveTargets",
             "events:TagResource", "events:UntagResource"],
            rules,
        ),
        IamStatement(
            "MakeRules",
            ["events:PutRule"],
            rules,
            {"ForAllValues:StringEquals": {"events:source": ["aws.ecs"]}, "Null": {"events:source": "false"}},
        ),
        IamStatement("Targets", ["events:PutTargets"], rules, {"ArnLike": {"events:TargetArn": receivers}}),
    ]  # fmt: skip


def autoscaling(scope: Scope) -> list[IamStatement]:
    """Return access to the number of a service's tasks, and nothing else that Application Auto Scaling changes."""
    targets = [scope.arn("application-autoscaling", "scalable-target/*")]
    tasks = {
        "application-autoscaling:service-namespace": "ecs",
        "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
    }
    own = scope.own["StringEquals"]
    return [
        IamStatement(
            "RegisterTarget",
            ["application-autoscaling:RegisterScalableTarget"],
            targets,
            {"StringEquals": tasks},
            why="AWS gives targets ids of its own, and one that is not there yet has no tags: which service it is of"
            " cannot be said",
        ),
        IamStatement(
            "Autoscaling",
            ["application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeregisterScalableTarget",
             "application-autoscaling:PutScalingPolicy"],
            targets,
            {"StringEquals": {**tasks, **own}},
        ),
        IamStatement(
            "TagTarget",
            ["application-autoscaling:TagResource"],
            targets,
            scope.new,
        ),
        IamStatement("UntagTarget", ["application-autoscaling:UntagResource"], targets, scope.own),
    ]  # fmt: skip
