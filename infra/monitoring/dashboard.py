"""The stack's CloudWatch dashboard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.network.traffic import NAMESPACE
from infra.monitoring.alarm_rules import WatchedResources

HALF, THIRD, HEIGHT = 12, 8, 6
"""Widths of widgets in the dashboard's 24 columns, and their height in rows."""


@dataclass(frozen=True)
class DashboardArgs:
    """Inputs of Dashboard.

    Attributes:
        alarms: ARNs, shown first.
        logs: name of the service's log group.
    """

    region: str
    watched: WatchedResources
    alarms: Sequence[pulumi.Input[str]]
    logs: pulumi.Input[str]


class Dashboard(pulumi.ComponentResource):
    """Outputs: url, in the AWS console."""

    url: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Dashboard", name, None, opts)
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=name,
            dashboard_body=pulumi.Output.all(
                watched=dict(vars(args.watched)), alarms=list(args.alarms), logs=args.logs
            ).apply(lambda known: json.dumps(body(args.region, WatchedResources(**known["watched"]), *_rest(known)))),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.url = dashboard.dashboard_name.apply(lambda known: address(args.region, known))
        self.register_outputs({"url": self.url})


def _rest(known: dict[str, Any]) -> tuple[list[str], str]:
    return known["alarms"], known["logs"]


def address(region: str, name: str) -> str:
    """Return the dashboard's URL in the AWS console."""
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards/dashboard/{name}"


def body(region: str, watched: WatchedResources, alarms: Sequence[str], logs: str) -> dict[str, Any]:
    """Return the widgets ("Dashboard body structure and syntax" in the Amazon CloudWatch API reference), from left to
    right and from top to bottom."""
    balancer = ["LoadBalancer", watched.load_balancer]
    groups = [[*balancer, "TargetGroup", one] for one in watched.target_groups]
    service = ["ClusterName", watched.cluster, "ServiceName", watched.service]
    database = ["DBInstanceIdentifier", watched.database]

    def measured(metric: str) -> list[list[Any]]:
        return [[NAMESPACE, metric, *group] for group in groups]

    def graph(title: str, width: int, metrics: list[list[Any]], statistic: str = "Average") -> dict[str, Any]:
        shown = {"title": title, "view": "timeSeries", "region": region, "period": 60, "stat": statistic}
        return {"type": "metric", "width": width, "properties": {**shown, "metrics": metrics}}

    widgets = [
        {"type": "alarm", "width": 24, "properties": {"title": "Alarms", "alarms": list(alarms)}},
        graph(
            "Requests and errors",
            HALF,
            [
                *measured("RequestCount"),
                *measured("HTTPCode_Target_5XX_Count"),
                # Of the whole load balancer: on a shared one, they include other services' errors.
                *([] if watched.shared else [[NAMESPACE, "HTTPCode_ELB_5XX_Count", *balancer]]),
                *measured("HTTPCode_Target_4XX_Count"),
            ],
            "Sum",
        ),
        graph(
            "Seconds to answer",
            HALF,
            [
                [*shown, {"stat": one, "label": one}]
                for one in ("p50", "p95", "p99")
                for shown in measured("TargetResponseTime")
            ],
        ),
        graph(
            "Targets",
            THIRD,
            [*measured("HealthyHostCount"), *measured("UnHealthyHostCount")],
            "Minimum",
        ),
        graph("Service CPU, %", THIRD, [["AWS/ECS", "CPUUtilization", *service]]),
        graph("Service memory, %", THIRD, [["AWS/ECS", "MemoryUtilization", *service]]),
        graph("Database CPU, %", THIRD, [["AWS/RDS", "CPUUtilization", *database]]),
        graph("Database connections", THIRD, [["AWS/RDS", "DatabaseConnections", *database]], "Maximum"),
        graph("Database, free bytes of storage", THIRD, [["AWS/RDS", "FreeStorageSpace", *database]], "Minimum"),
        {
            "type": "log",
            "width": 24,
            "properties": {
                "title": "Errors in the service's log",
                "region": region,
                "view": "table",
                "query": f"SOURCE '{logs}' | fields @timestamp, @message | filter @message like /(?i)error/"
                " | sort @timestamp desc | limit 50",
            },
        },
    ]
    return {"widgets": _placed(widgets)}


def _placed(widgets: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    placed, x, y = [], 0, 0
    for widget in widgets:
        if x + widget["width"] > 24:
            x, y = 0, y + HEIGHT
        placed.append({**widget, "x": x, "y": y, "height": HEIGHT})
        x += widget["width"]
    return placed
