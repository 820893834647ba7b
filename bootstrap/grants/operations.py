"""Alarms, dashboard, notices, events and autoscaling."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import Statement


def operations(scope: Scope) -> list[Statement]:
    """For the deploy role."""
    topics = [scope.arn("sns", f"{scope.name}-*")]
    return [
        Statement(
            "Alarms",
            ["cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions",
             "cloudwatch:PutCompositeAlarm", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource",
             "cloudwatch:UntagResource"],
            # Target tracking makes alarms in the caller's name ("Application Auto Scaling identity-based policies").
            [
                scope.arn("cloudwatch", f"alarm:{name}") for name in (f"{scope.name}-*", "TargetTracking-service/*")
            ],
        ),
        Statement(
            "Dashboard",
            ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"],
            [scope.globally("cloudwatch", f"dashboard/{scope.name}*")],
        ),
        Statement(
            "Topic",
            ["sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource",
             "sns:UntagResource"],
            topics,
        ),
        Statement(
            "Unsubscribe",
            ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
            ["*"],
            scope.in_region,
            why="AWS knows no resource for them",
        ),
        Statement("Notify", ["sns:Publish"], [*topics, *scope.used("sns", "")]),
        Statement(
            "Events",
            ["events:DeleteRule", "events:DisableRule", "events:EnableRule", "events:PutRule", "events:PutTargets",
             "events:RemoveTargets", "events:TagResource", "events:UntagResource"],
            [scope.arn("events", f"rule/{scope.name}-*")],
        ),
        Statement(
            "Autoscaling",
            ["application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeregisterScalableTarget",
             "application-autoscaling:PutScalingPolicy", "application-autoscaling:RegisterScalableTarget",
             "application-autoscaling:TagResource", "application-autoscaling:UntagResource"],
            [scope.arn("application-autoscaling", "scalable-target/*")],
            why="AWS gives targets ids of its own; which service one is about cannot be said",
        ),
    ]  # fmt: skip
